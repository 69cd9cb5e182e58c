import EnvironmentInterface

/// Whether episodes fit an environment's description, and each other.
struct EpisodeCheck: Sendable {
  private let environment: EnvironmentDescription
  private var observationNames: [String]?
  private var stateShape: [Int]??

  /// A check that has seen no episode.
  init(_ environment: EnvironmentDescription) {
    self.environment = environment
  }

  /// Checks an episode before it is stored; the first one decides what all of them record.
  ///
  /// - Throws: ``DemonstrationError`` that names the place and the culprit.
  mutating func admit(_ episode: Episode, at place: DemonstrationPlace) throws {
    guard episode.count > 0 else { throw DemonstrationError.emptyEpisode(place) }
    let origin = "environment '\(environment.name)'"
    try check(
      episode.actions, place.at("actions"), steps: episode.count, shape: environment.action.shape,
      because: origin)
    for (name, series) in episode.observations.sorted(by: { $0.key < $1.key }) {
      guard let space = environment.observations.first(where: { $0.name == name }) else {
        throw DemonstrationError.missing(
          DemonstrationPlace(file: place.file, demo: place.demo), name: name,
          known: environment.observations.map(\.name))
      }
      try check(
        series, place.at("obs/\(name)"), steps: episode.count, shape: space.shape, because: origin)
    }
    try checkCount(episode.rewards.count, place.at("rewards"), episode.count)
    try checkCount(episode.dones.count, place.at("dones"), episode.count)
    if let step = episode.rewards.firstIndex(where: { !$0.isFinite }) {
      throw DemonstrationError.notFinite(place.at("rewards"), step: step, element: 0)
    }
    if let states = episode.states {
      let shape = (stateShape ?? states.shape) ?? []
      try check(
        states, place.at("states"), steps: episode.count, shape: shape, because: "earlier episodes")
    }
    try checkLikeEarlier(episode, place)
  }

  private mutating func checkLikeEarlier(
    _ episode: Episode, _ place: DemonstrationPlace
  ) throws {
    let names = episode.observations.keys.sorted()
    if let observationNames, observationNames != names {
      throw DemonstrationError.differs(
        path: place.file,
        differences: [
          "observations were \(observationNames.joined(separator: ", "))"
            + " and are \(names.joined(separator: ", "))"
        ])
    }
    if let stateShape, (stateShape == nil) != (episode.states == nil) {
      throw DemonstrationError.differs(
        path: place.file,
        differences: ["some episodes have states and others have none"])
    }
    observationNames = names
    stateShape = .some(episode.states?.shape)
  }

  private func check(
    _ series: Series, _ place: DemonstrationPlace, steps: Int, shape: [Int], because reason: String
  ) throws {
    guard series.shape == shape else {
      throw DemonstrationError.wrongShape(
        place, actual: series.shape, expected: shape, because: reason)
    }
    let elements =
      switch series.elements {
      case .float32(let values): values.count
      case .float64(let values): values.count
      case .uint8(let values): values.count
      }
    let width = max(1, series.width)
    // Rounded up, so that a step that is not whole counts as one too many.
    try checkCount((elements + width - 1) / width, place, steps)
    if let index = series.firstNotFinite {
      throw DemonstrationError.notFinite(
        place, step: index / series.width, element: index % series.width)
    }
  }

  private func checkCount(_ count: Int, _ place: DemonstrationPlace, _ steps: Int) throws {
    guard count == steps else {
      throw DemonstrationError.wrongCount(
        place, actual: count, expected: steps, because: "as many as actions")
    }
  }
}
