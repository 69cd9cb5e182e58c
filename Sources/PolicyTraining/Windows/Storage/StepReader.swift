import Demonstrations
import EnvironmentInterface
import PolicyRuntime

/// Reads the steps of some episodes that a policy learns from, and learns how to scale them.
struct StepReader {
  /// The demonstrations.
  let store: DemonstrationStore
  /// Which episodes, in this order.
  let episodes: [Int]
  /// What is learnt, as the name of a dataset of each episode.
  let actions: String
  /// The observations to look at; nil for all numbers that all of the episodes have.
  let wanted: [String]?
  /// What values mean, beside what the store's environment declares.
  let marks: ValueMarks
  /// How each space is scaled.
  let choice: NormalisationChoice
  /// The size that pictures are brought to; nil for the recorded one.
  let imageSize: ImageSize?
  /// The size of the part of them that is seen at a time; nil for all.
  let imageCrop: ImageSize?
  /// Scales to use, with their observations and meanings; nil to learn them.
  let known: Normalizer?
  /// The bytes of steps that may be in memory.
  let limit: Int
  /// Whether the digest of what is read is computed.
  let isDigesting: Bool
  /// The actions of a chunk, whose distances are scaled where actions are relative.
  let prediction: Int

  /// Reads.
  ///
  /// - Returns: The steps, and the digest of what was read of them if that is asked for.
  /// - Throws: ``DemonstrationError`` or ``WindowError``.
  func read() throws -> (records: StepRecords, digest: String?) {
    if episodes.isEmpty { throw DemonstrationError.noEpisodes(path: store.path) }
    var notes = ReadingNotes()
    var names = try known?.observationNames ?? wanted ?? numbers(&notes)
    // Where one is may be read without being looked at.
    let looked = names
    if known == nil {
      for mark in marks.relative where !names.contains(mark.observation) {
        names.append(mark.observation)
      }
    }
    var collector: StepCollector?
    var digest = DemonstrationDigest()
    try store.forEachInput(of: episodes, observations: names, actions: actions) {
      episode, types, place in
      if collector == nil {
        let columns = try StepColumns(
          episode, types: types, names: names.map { HDF5Name.canonical($0) }, actions: actions,
          file: store.path, prepared: prepared)
        try known.map { try columns.check($0) }
        let meanings = try known?.meanings ?? columns.meanings(marks, in: store)
        collector = try StepCollector(columns, meanings: meanings, limit: limit)
      }
      if isDigesting { digest.update(inputs: episode) }
      try collector?.append(episode, at: place)
    }
    guard let collector else { throw DemonstrationError.noEpisodes(path: store.path) }
    let normalizer = try known ?? learned(collector, looked: looked, &notes)
    notes.describe(normalizer, collector.columns)
    return (try collector.records(normalizer, notes: notes), isDigesting ? digest.hexadecimal : nil)
  }

  private func learned(
    _ collector: StepCollector, looked: [String], _ notes: inout ReadingNotes
  ) throws -> Normalizer {
    let plain = try ScaleLearner(collector, choice).normalizer(&notes)
    if marks.relative.isEmpty { return plain }
    return try RelativeScales(collector, plain, prediction: prediction).normalizer(
      marks.relative, unseen: plain.observations.map(\.name).filter { !looked.contains($0) })
  }

  /// How pictures are prepared: as known scales have it, otherwise as asked.
  private func prepared(_ format: ImageFormat) throws -> ImageFormat {
    guard let known else { return try format.prepared(size: imageSize, crop: imageCrop) }
    guard let there = known.images.first(where: { $0.name == format.name }) else { return format }
    return try format.prepared(
      size: there.recorded == nil ? nil : there.kept,
      crop: there.uncropped == nil ? nil : ImageSize(height: there.height, width: there.width))
  }

  /// The observations that are numbers in all of the episodes.
  private func numbers(_ notes: inout ReadingNotes) throws -> [String] {
    let keys = try store.observations(of: episodes)
    // The environment's order where there is one, the alphabet's otherwise.
    let order = store.environment?.observations.map(\.name) ?? []
    let sorted = keys.sorted {
      (order.firstIndex(of: $0.name) ?? .max, $0.name)
        < (order.firstIndex(of: $1.name) ?? .max, $1.name)
    }
    var names: [String] = []
    for key in sorted {
      let lacking = key.lacking.map {
        "it stands in \(key.episodes) of \(episodes.count) episodes (\($0) lacks it)"
      }
      if let reason = key.problem ?? lacking
        ?? PictureShape.reasonToLeaveOut(key.shape, type: key.type)
      {
        notes.leftOut.append(ReadingNotes.LeftOut(name: key.name, reason: reason))
      } else {
        names.append(key.name)
      }
    }
    if names.isEmpty {
      throw WindowError.noObservations(
        file: store.path, known: notes.leftOut.map { "\($0.name) (\($0.reason))" })
    }
    return names
  }
}

extension Normalizer {
  /// What the values of each observation are, and the action's last.
  fileprivate var meanings: [ValueMeaning] { (observations + [action]).map(\.meaning) }
}
