import PolicyRuntime

/// Windows on disk in the order of training: one group of blocks is in memory to be trained on, and
/// the one behind it is read bit by bit.
final class BlockReader {
  private let plan: BlockPlan
  private let seed: UInt64
  private var current: BlockGroup
  private var next: BlockGroup

  /// Plans blocks and allocates the memory of two groups.
  ///
  /// - Parameters:
  ///   - data: The windows.
  ///   - batch: The number of windows of a step.
  ///   - seed: The key of the order.
  /// - Throws: ``WindowError/memoryTooSmall(bytes:batch:least:)``, or
  ///   ``WindowError/outOfMemory(bytes:)``.
  init(_ data: WindowDataset, batch: Int, seed: UInt64) throws(WindowError) {
    func plan(_ memory: Int) -> BlockPlan? {
      BlockPlan(
        count: data.count, record: data.records.layout.stride,
        around: data.stepsBefore + data.stepsBehind, memory: memory, batch: batch)
    }
    let memory = data.records.limit
    guard let plan = plan(memory) else {
      // Where all steps fit, there is nothing to plan.
      var least = memory
      while least < data.records.bytes, plan(least) == nil { least += max(least / 8, 4096) }
      throw .memoryTooSmall(
        bytes: memory, batch: batch, least: min(least, data.records.bytes))
    }
    self.plan = plan
    self.seed = seed
    current = try BlockGroup(plan, data)
    next = try BlockGroup(plan, data)
  }

  /// Makes the windows at some positions ready, no more than the smallest group has.
  ///
  /// - Throws: ``WindowError/scratch(folder:reason:)``.
  func prepare(_ positions: Range<Int>) throws(WindowError) {
    if !current.group.contains(positions.lowerBound) {
      if next.group.contains(positions.lowerBound) {
        try next.read(upTo: next.group.blocks)
        swap(&current, &next)
      } else {
        seek(positions.lowerBound)
        try current.read(upTo: current.group.blocks)
      }
      next.plan(current.group.ordinal + 1, start: current.group.end, seed: seed)
    }
    // As far through the next group as through this one, so that no step reads more than others.
    let done = min(positions.upperBound, current.group.end) - current.group.start
    let share = next.group.blocks * done + current.group.windows - 1
    try next.read(upTo: share / current.group.windows)
  }

  /// The window at a position that was made ready.
  func window(at position: Int) -> WindowPlace {
    (position < current.group.end ? current : next).window(at: position)
  }

  /// Goes to the group of a position.
  private func seek(_ position: Int) {
    let epoch = position / plan.count
    var ordinal = epoch * plan.groups
    current.plan(ordinal, start: epoch * plan.count, seed: seed)
    while !current.group.contains(position) {
      ordinal += 1
      current.plan(ordinal, start: current.group.end, seed: seed)
    }
  }
}
