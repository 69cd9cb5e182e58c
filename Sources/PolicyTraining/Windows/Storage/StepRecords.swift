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
  /// What was read.
  let notes: ReadingNotes
  private let memory: StepMemory

  init(
    layout: StepLayout, normalizer: Normalizer, scaling: StepScaling, count: Int, starts: [Int],
    longest: Int, limit: Int, memory: StepMemory, scratch: ScratchFile?, notes: ReadingNotes
  ) {
    self.notes = notes
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
}
