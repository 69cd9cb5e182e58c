import EnvironmentInterface

/// Goes through the episodes of a store once, compares them with each other, and counts.
struct DemonstrationScan {
  private let store: DemonstrationStore
  private var action: ScannedKey?
  private var observations: [String: ScannedKey] = [:]
  private var stateShape: [Int]?
  private var lengths: [Int] = []
  private var places: [DemonstrationPlace] = []
  private var successes: Int?
  private var behaviours: [String: Int] = [:]
  private var recordedBy: [String: Int] = [:]
  private var unused: [String: UnusedPart] = [:]
  private var digest = DemonstrationDigest()

  /// A scan that has seen no episode.
  init(_ store: DemonstrationStore) {
    self.store = store
  }

  /// The number of steps so far.
  var steps: Int { lengths.reduce(0, +) }

  /// Includes an episode.
  ///
  /// - Returns: What is wrong with parts of it that are not used.
  /// - Throws: ``DemonstrationError`` for an episode whose actions differ from the others' in
  ///   shape.
  mutating func include(
    _ reading: EpisodeReading, at place: DemonstrationPlace
  ) throws -> [DemonstrationError] {
    let episode = reading.episode
    if let shape = action?.shape, shape != episode.actions.shape {
      throw DemonstrationError.wrongShape(
        place.at("actions"), actual: episode.actions.shape, expected: shape,
        because: "as in earlier episodes")
    }
    action = action ?? ScannedKey("actions", episode.actions, type: reading.types["actions"] ?? "")
    _ = action?.include(episode.actions, type: "", place.at("actions"))
    var problems = include(observationsOf: reading, place)
    for part in reading.leftOut {
      problems.append(part.error)
      note(part.name, part.error.reason)
    }
    if let states = episode.states {
      if let stateShape, stateShape != states.shape {
        let error = DemonstrationError.wrongShape(
          place.at("states"), actual: states.shape, expected: stateShape,
          because: "as in earlier episodes")
        problems.append(error)
        note("states", error.reason)
      }
      stateShape = stateShape ?? states.shape
    }
    lengths.append(episode.count)
    places.append(place)
    count(episode.attributes)
    digest.update(episode)
    return problems
  }

  private mutating func include(
    observationsOf reading: EpisodeReading, _ place: DemonstrationPlace
  ) -> [DemonstrationError] {
    var problems: [DemonstrationError] = []
    for (name, series) in reading.episode.observations.sorted(by: { $0.key < $1.key }) {
      let type = reading.types[name] ?? ""
      var key =
        observations[name] ?? ScannedKey(name, series, type: type, lacking: places.first?.demo)
      if let error = key.include(series, type: type, place.at("obs/\(name)")) {
        problems.append(error)
      }
      if reading.cut.contains(name) { key.cut += 1 }
      observations[name] = key
    }
    for name in observations.keys where reading.episode.observations[name] == nil {
      if observations[name]?.lacking == nil { observations[name]?.lacking = place.demo }
    }
    return problems
  }

  private mutating func note(_ name: String, _ reason: String) {
    unused[name, default: UnusedPart(name, reason, episodes: 0)].episodes? += 1
  }

  private mutating func count(_ attributes: EpisodeAttributes) {
    if let success = attributes.success { successes = (successes ?? 0) + (success ? 1 : 0) }
    if !attributes.behaviour.isEmpty { behaviours[attributes.behaviourWords, default: 0] += 1 }
    if let name = attributes.recordedBy { recordedBy[name, default: 0] += 1 }
  }

  /// The summary of what was included.
  func summary() -> DemonstrationSummary {
    let environment = store.environment
    let order = environment?.observations.map(\.name) ?? []
    let names = observations.keys.sorted {
      (order.firstIndex(of: $0) ?? .max, $0) < (order.firstIndex(of: $1) ?? .max, $1)
    }
    var unused = unused
    var observed: [DemonstrationSummary.ObservedSpace] = []
    for name in names {
      guard let key = observations[name] else { continue }
      if let problem = key.problem {
        unused["obs/\(name)"] = UnusedPart("obs/\(name)", problem, episodes: key.episodes)
      } else {
        observed.append(
          key.observed(
            name, environment?.observations.first { $0.name == name },
            outlying: outlying(key, name)))
      }
    }
    return DemonstrationSummary(
      path: store.path, bytes: store.bytes, environment: store.environmentName,
      controlRate: environment?.controlRate, episodes: store.count,
      journalEpisodes: store.journalCount, setAside: store.setAside, plan: store.plan, steps: steps,
      lengths: statistics(),
      action: action.map {
        $0.observed("actions", environment?.action, outlying: outlying($0, nil))
      },
      observations: observed, stateWidth: stateShape.map { $0.reduce(1, *) }, successes: successes,
      behaviours: behaviours, recordedBy: recordedBy, masks: store.maskSizes,
      unused: unused.values.sorted { $0.name < $1.name } + store.unusedParts,
      digest: digest.hexadecimal)
  }

  /// The columns of a key in which few values make most of the range, read once more.
  private func outlying(_ key: ScannedKey, _ name: String?) -> [OutlyingValues] {
    let suspects = key.suspects
    guard !suspects.isEmpty else { return [] }
    var columns = [[Double]](repeating: [], count: suspects.count)
    var owners: [(place: DemonstrationPlace, start: Int)] = []
    for (index, place) in places.enumerated() {
      let extent = EpisodeReader.Extent.inputs(name.map { [$0] } ?? [])
      let episode = store.names.firstIndex(of: place.demo ?? "") ?? index
      guard let reading = try? store.reading(episode, extent) else { continue }
      let series = name.flatMap { reading.episode.observations[$0] } ?? reading.episode.actions
      if name != nil, reading.episode.observations[name ?? ""] == nil { continue }
      owners.append((place, columns[0].count))
      for (column, suspect) in suspects.enumerated() {
        columns[column] += series.column(suspect)
      }
    }
    return zip(suspects, columns).compactMap { suspect, values in
      OutlyingValues(index: suspect, values: values) { position in
        let owner = owners.last { $0.start <= position }
        return (owner?.place.demo ?? "", position - (owner?.start ?? 0))
      }
    }
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
}
