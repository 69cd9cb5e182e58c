import Demonstrations
import EnvironmentInterface

/// What a demonstrations file holds, for people and as JSON.
struct DemonstrationsDescription: Encodable {
  /// The values of one dataset over all episodes.
  struct Values: Encodable {
    let name: String
    let shape: [Int]
    let elementType: String
    /// What each element means, where the file says it.
    var components: [String] = []
    /// The smallest and the largest value of each element; empty for images.
    var low: [Float] = []
    var high: [Float] = []
  }

  /// The number of steps of the episodes.
  struct Steps: Encodable {
    var total = 0
    var shortest = Int.max
    var longest = 0
  }

  let path: String
  let bytes: Int
  let environment: String?
  let options: [String: Double]?
  let controlRate: Double?
  let episodes: Int
  /// How many of them a recorder has not merged into the main file yet.
  let inJournal: Int
  let masks: [String: Int]
  let isVerified: Bool
  private(set) var steps = Steps()
  /// How many episodes are marked as successful; nil where a file says nothing.
  private(set) var successes: Int?
  private(set) var actions: Values
  private(set) var observations: [Values]
  /// How often each behaviour occurs, such as `first_block = red`.
  private(set) var behaviours: [String: Int] = [:]

  /// Reads a file.
  ///
  /// - Parameters:
  ///   - path: The demonstrations file.
  ///   - verify: Whether images are read and checked too.
  /// - Throws: ``DemonstrationError``, which names what is wrong and where.
  init(reading path: String, verify: Bool) throws {
    let store = try DemonstrationStore(reading: path)
    guard store.count > 0 else { throw DemonstrationError.noEpisodes(path: path) }
    self.path = path
    bytes = store.bytes
    environment = store.environmentName
    options = store.environment?.options
    controlRate = store.environment?.controlRate
    episodes = store.count
    inJournal = store.journalCount
    masks = try Dictionary(
      uniqueKeysWithValues: store.maskNames.map { ($0, try store.episodes(inMask: $0).count) })
    isVerified = verify
    let first = try store.episode(0)
    actions = Values(name: "actions", first.actions)
    observations = first.observations.sorted { $0.key < $1.key }
      .map { Values(name: $0.key, $0.value) }
    if let known = store.environment {
      actions.components = known.action.components.map(\.name)
      for index in observations.indices {
        let space = known.observations.first { $0.name == observations[index].name }
        observations[index].components = space?.components.map(\.name) ?? []
      }
    }
    let flat = observations.filter { !$0.isImage }.map(\.name)
    for index in 0..<store.count {
      try include(store.episode(index, observations: verify ? nil : flat))
    }
  }

  private mutating func include(_ episode: Episode) {
    steps.total += episode.count
    steps.shortest = min(steps.shortest, episode.count)
    steps.longest = max(steps.longest, episode.count)
    if let success = episode.attributes.success { successes = (successes ?? 0) + (success ? 1 : 0) }
    actions.include(episode.actions)
    for index in observations.indices {
      guard let series = episode.observations[observations[index].name] else { continue }
      observations[index].include(series)
    }
    for (key, value) in episode.attributes.behaviour {
      behaviours["\(key) = \(value)", default: 0] += 1
    }
  }
}

extension DemonstrationsDescription.Values {
  init(name: String, _ series: Series) {
    self.name = name
    shape = series.shape
    switch series.elements {
    case .float32: elementType = "float32"
    case .uint8: elementType = "uint8"
    }
  }

  var isImage: Bool { elementType == "uint8" }

  /// Widens the range of each element.
  mutating func include(_ series: Series) {
    guard case .float32(let values) = series.elements, series.width > 0 else { return }
    if low.isEmpty {
      low = Array(values.prefix(series.width))
      high = low
    }
    for (index, value) in values.enumerated() {
      let element = index % series.width
      low[element] = min(low[element], value)
      high[element] = max(high[element], value)
    }
  }
}

extension DemonstrationsDescription {
  /// The description for people.
  var text: String {
    var lines = ["\(path): \(episodes) episodes, \(steps.total) steps, \(Self.size(bytes))"]
    if inJournal > 0 { lines.append("  \(inJournal) of them still in the journal beside it") }
    lines.append("  environment: \(environmentText)")
    lines.append(
      "  episode length: \(steps.shortest) to \(steps.longest) steps, on average "
        + shortNumber(Double(steps.total) / Double(episodes)))
    if let successes { lines.append("  successful: \(successes) of \(episodes)") }
    for (name, count) in masks.sorted(by: { $0.key < $1.key }) {
      lines.append("  mask \(name): \(count) episodes")
    }
    for values in [actions] + observations {
      let shape = values.shape.map(String.init).joined(separator: "×")
      let heading = values.name == "actions" ? "actions" : "observation \(values.name)"
      lines.append("  \(heading): \(values.elementType) [\(shape)]")
      for (index, (low, high)) in zip(values.low, values.high).enumerated() {
        let name = index < values.components.count ? " \(values.components[index])" : ""
        lines.append(
          "    [\(index)]\(name): \(shortNumber(Double(low))) to \(shortNumber(Double(high)))")
      }
    }
    for (behaviour, count) in behaviours.sorted(by: { $0.key < $1.key }) {
      lines.append("  behaviour \(behaviour): \(count)")
    }
    if isVerified { lines.append("  every value was read back and is in order") }
    return lines.joined(separator: "\n")
  }

  private var environmentText: String {
    guard let environment else { return "not named in the file" }
    let options = (options ?? [:]).sorted { $0.key < $1.key }
      .map { "\($0.key) = \(shortNumber($0.value))" }
    return options.isEmpty ? environment : "\(environment) (\(options.joined(separator: ", ")))"
  }

  private static func size(_ bytes: Int) -> String {
    let value = Double(bytes)
    return switch bytes {
    case ..<1000: "\(bytes) bytes"
    case ..<1_000_000: "\(shortNumber(value / 1e3)) kB"
    default: "\(shortNumber(value / 1e6)) MB"
    }
  }
}
