/// An episode as far as it can be used, and what of it cannot.
struct EpisodeReading: Sendable {
  /// One series, and how it stands in the file.
  struct Part: Sendable {
    /// The values.
    var series: Series
    /// The type of the elements in the file, such as `float64`.
    var type: String
    /// Whether it has a step after the last action, which is not used.
    var isCut: Bool
  }

  /// Something that is in the file and cannot be used.
  struct LeftOut: Sendable {
    /// The dataset's name inside the episode, or what else it is.
    var name: String
    /// Why.
    var error: DemonstrationError
    /// Whether somebody just meant something else by it, so that nothing is wrong with the file.
    var isForeign: Bool
  }

  /// The episode; without what is left out.
  var episode: Episode
  /// The observations' types in the file, and of `actions`.
  private(set) var types: [String: String]
  /// The observations that have a step after the last action.
  private(set) var cut: Set<String> = []
  /// What cannot be used.
  private(set) var leftOut: [LeftOut] = []

  init(actions: Part) {
    episode = Episode(actions: actions.series, observations: [:], rewards: [], dones: [])
    types = ["actions": actions.type]
  }

  /// Adds an observation.
  mutating func add(_ part: Part, as name: String) {
    episode.observations[name] = part.series
    types[name] = part.type
    if part.isCut { cut.insert(name) }
  }

  /// The episode, of which nothing is damaged if it is one of ours.
  func whole(isOurs: Bool) throws -> Episode {
    for part in leftOut where isOurs {
      if case .damaged = part.error { throw part.error }
    }
    return episode
  }

  /// Notes what cannot be used.
  mutating func leaveOut(_ name: String, _ error: DemonstrationError) {
    leftOut.append(LeftOut(name: name, error: error, isForeign: error.isForeign))
  }
}

extension DemonstrationError {
  /// Whether it says that a part is made for something else, and not that it is damaged.
  fileprivate var isForeign: Bool {
    switch self {
    case .wrongElements, .wrongShape, .wrongCount, .otherType, .unusable: true
    case .notFinite(let place, _, _):
      // Nobody decides by these; people note NaN where there was no reward.
      place.dataset == "states" || place.dataset == "rewards" || place.dataset == "dones"
    default: false
    }
  }

  /// What is wrong, without where.
  package var reason: String {
    var place: DemonstrationPlace?
    switch self {
    case .damaged(let at, _), .missing(let at, _, _), .wrongElements(let at, _),
      .wrongShape(let at, _, _, _), .wrongCount(let at, _, _, _), .tooLarge(let at, _),
      .notFinite(let at, _, _), .emptyEpisode(let at), .absent(let at, _), .unusable(let at, _),
      .otherType(let at, _, _):
      place = at
    default: break
    }
    guard let place, description.hasPrefix("\(place): ") else { return description }
    return String(description.dropFirst("\(place): ".count))
  }
}
