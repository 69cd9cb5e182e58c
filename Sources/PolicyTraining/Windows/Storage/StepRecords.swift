import Demonstrations
import EnvironmentInterface
import PolicyRuntime

/// All steps of some episodes, one after another, each as one record: in memory, scaled, or in a
/// scratch file, as recorded.
///
/// Unchecked because of the raw memory, which nobody writes to any more.
final class StepRecords: @unchecked Sendable {
  /// Where things stand in a record.
  let layout: StepLayout
  /// The scales of features and actions.
  let normalizer: Normalizer
  /// How records from the scratch file are scaled.
  let scaling: StepScaling
  /// The number of steps.
  let count: Int
  /// For each episode its first step.
  let starts: [Int]
  /// The number of steps of the longest episode.
  let longest: Int
  /// The bytes of steps that may be in memory.
  let limit: Int
  /// Where the steps are if they do not fit into memory.
  let scratch: ScratchFile?
  private let memory: StepMemory

  init(
    layout: StepLayout, normalizer: Normalizer, scaling: StepScaling, count: Int, starts: [Int],
    longest: Int, limit: Int, memory: StepMemory, scratch: ScratchFile?
  ) {
    self.layout = layout
    self.normalizer = normalizer
    self.scaling = scaling
    self.count = count
    self.starts = starts
    self.longest = longest
    self.limit = limit
    self.memory = memory
    self.scratch = scratch
  }

  /// The bytes of all records.
  var bytes: Int { count * layout.stride }

  /// The first record, where all are in memory.
  var base: UnsafeRawPointer? { scratch == nil ? UnsafeRawPointer(memory.start) : nil }

  /// Reads episodes of a store.
  ///
  /// - Parameters:
  ///   - store: The demonstrations.
  ///   - wanted: The observations to look at; nil for all that are lists of numbers.
  ///   - marks: Values that are angles, beside those that the store's environment declares.
  ///   - episodes: Which episodes, in this order.
  ///   - known: Scales to use, with their observations and angles; nil to learn them.
  ///   - limit: The bytes of steps that may be in memory.
  ///   - digesting: Whether the store's digest is computed on the way.
  /// - Returns: The steps.
  /// - Throws: ``DemonstrationError`` or ``WindowError``.
  static func read(
    _ store: DemonstrationStore, observations wanted: [String]?, angles marks: [AngleMark],
    episodes: [Int], normalizer known: Normalizer?, limit: Int, digesting: Bool
  ) throws -> StepRecords {
    guard let first = episodes.first else {
      throw DemonstrationError.noEpisodes(path: store.path)
    }
    let names =
      try known?.observationNames ?? wanted ?? flatObservations(of: store, first)
    var collector: StepCollector?
    var angles: [String: [Int]] = [:]
    try store.forEachEpisode(of: episodes, observations: names, digesting: digesting) {
      episode, place in
      if collector == nil {
        let columns = try StepColumns(episode, names: names, file: store.path)
        try known.map { try columns.check($0) }
        angles = try known?.angles ?? columns.angles(marks, in: store)
        collector = try StepCollector(columns, angles: angles, limit: limit)
      }
      try collector?.append(episode, at: place)
    }
    guard let collector else { throw DemonstrationError.noEpisodes(path: store.path) }
    return try collector.records(known, angles: angles)
  }

  private static func flatObservations(
    of store: DemonstrationStore, _ index: Int
  ) throws -> [String] {
    let observations = try store.episode(index).observations
    let known = observations.keys.sorted()
    // The environment's order where there is one, the alphabet's otherwise.
    let ordered = store.environment?.observations.map(\.name) ?? known
    let flat = ordered.filter { name in
      guard let series = observations[name], case .float32 = series.elements else { return false }
      return series.shape.count == 1
    }
    if flat.isEmpty { throw WindowError.noObservations(file: store.path, known: known) }
    return flat
  }
}

extension Normalizer {
  /// For each observation which of its values are angles.
  fileprivate var angles: [String: [Int]] {
    Dictionary(observations.map { ($0.name, $0.angles) }) { first, _ in first }
  }
}
