import EnvironmentInterface

/// Goes through the episodes of a store once, checks that they fit each other, and counts.
struct DemonstrationScan {
  /// The shape, kind and range of one space over the episodes so far.
  private struct Range {
    let shape: [Int]
    let isImage: Bool
    var low: [Float]
    var high: [Float]

    init(_ series: Series) {
      shape = series.shape
      if case .uint8 = series.elements { isImage = series.shape.count > 1 } else { isImage = false }
      let width = isImage ? 1 : series.width
      low = [Float](repeating: .infinity, count: width)
      high = [Float](repeating: -.infinity, count: width)
    }

    mutating func include(_ series: Series) {
      switch series.elements {
      case .float32(let values): include(values) { $0 }
      case .uint8(let values): include(values) { Float($0) }
      }
    }

    private mutating func include<Element>(_ values: [Element], _ number: (Element) -> Float) {
      var index = 0
      for value in values {
        low[index] = min(low[index], number(value))
        high[index] = max(high[index], number(value))
        index += 1
        if index == low.count { index = 0 }
      }
    }
  }

  private let store: DemonstrationStore
  private var action: Range?
  private var observations: [String: Range] = [:]
  private var stateShape: [Int]?
  private var lengths: [Int] = []
  private var successes: Int?
  private var behaviours: [String: Int] = [:]
  private var recordedBy: [String: Int] = [:]
  private var digest = DemonstrationDigest()

  /// A scan that has seen no episode.
  init(_ store: DemonstrationStore) {
    self.store = store
  }

  /// The number of steps so far.
  var steps: Int { lengths.reduce(0, +) }

  /// Includes an episode.
  ///
  /// - Throws: ``DemonstrationError`` for an episode that differs from the others in shape.
  mutating func include(_ episode: Episode, at place: DemonstrationPlace) throws {
    try checkShapes(episode, place)
    action = action ?? Range(episode.actions)
    action?.include(episode.actions)
    for (name, series) in episode.observations {
      observations[name, default: Range(series)].include(series)
    }
    stateShape = stateShape ?? episode.states?.shape
    lengths.append(episode.count)
    let attributes = episode.attributes
    if let success = attributes.success { successes = (successes ?? 0) + (success ? 1 : 0) }
    if !attributes.behaviour.isEmpty {
      let words = attributes.behaviour.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
      behaviours[words.joined(separator: ", "), default: 0] += 1
    }
    if let name = attributes.recordedBy { recordedBy[name, default: 0] += 1 }
    digest.update(episode)
  }

  /// The summary of what was included.
  func summary(masks: [String: Int]) -> DemonstrationSummary {
    let environment = store.environment
    let order = environment?.observations.map(\.name) ?? []
    let names = observations.keys.sorted {
      (order.firstIndex(of: $0) ?? .max, $0) < (order.firstIndex(of: $1) ?? .max, $1)
    }
    return DemonstrationSummary(
      path: store.path, bytes: store.bytes, environment: store.environmentName,
      controlRate: environment?.controlRate, episodes: store.count,
      journalEpisodes: store.journalCount, setAside: store.setAside,
      plan: store.plan, steps: steps, lengths: statistics(),
      action: action.map { observed("actions", $0, environment?.action) },
      observations: names.compactMap { name in
        observations[name].map { range in
          observed(name, range, environment?.observations.first { $0.name == name })
        }
      },
      stateWidth: stateShape.map { $0.reduce(1, *) }, successes: successes,
      behaviours: behaviours, recordedBy: recordedBy, masks: masks, digest: digest.hexadecimal)
  }

  private func checkShapes(_ episode: Episode, _ place: DemonstrationPlace) throws {
    func check(_ name: String, _ actual: [Int], _ expected: [Int]?) throws {
      guard let expected, actual != expected else { return }
      throw DemonstrationError.wrongShape(
        place.at(name), actual: actual, expected: expected, because: "as in earlier episodes")
    }
    try check("actions", episode.actions.shape, action?.shape)
    for (name, series) in episode.observations.sorted(by: { $0.key < $1.key }) {
      try check("obs/\(name)", series.shape, observations[name]?.shape)
    }
    for name in observations.keys.sorted() where episode.observations[name] == nil {
      throw DemonstrationError.missing(
        place, name: "obs/\(name)", known: episode.observations.keys.sorted().map { "obs/\($0)" })
    }
    if let states = episode.states { try check("states", states.shape, stateShape) }
  }

  private func statistics() -> DemonstrationSummary.Lengths? {
    let sorted = lengths.sorted()
    guard let first = sorted.first, let last = sorted.last else { return nil }
    let middle = sorted.count / 2
    let median =
      sorted.count.isMultiple(of: 2)
      ? Double(sorted[middle - 1] + sorted[middle]) / 2 : Double(sorted[middle])
    return DemonstrationSummary.Lengths(minimum: first, median: median, maximum: last)
  }

  private func observed(
    _ name: String, _ range: Range, _ space: Space?
  ) -> DemonstrationSummary.ObservedSpace {
    DemonstrationSummary.ObservedSpace(
      space: space ?? derived(name, range), low: range.low, high: range.high)
  }

  /// The space of a file that describes none: components named by their index, with what was seen
  /// as their range.
  private func derived(_ name: String, _ range: Range) -> Space {
    var space = Space(
      name,
      range.low.indices.map {
        Space.Component("\($0)", from: range.low[$0], to: range.high[$0])
      })
    space.shape = range.shape
    if range.isImage {
      space.elementType = .uint8
      space.components = []
    }
    return space
  }
}
