import PolicyRuntime
internal import Randomness

/// The memory of one group of blocks, and which group is in it.
final class BlockGroup {
  private(set) var group: BlockPlan.Group
  private let plan: BlockPlan
  private let data: WindowDataset
  private let memory: StepMemory
  private let list: UnsafeMutablePointer<Int>
  private var order = KeyedPermutation(count: 1, seed: 0, purpose: .batch, epoch: 0)
  /// How many blocks have been read, and how many the system was told of.
  private var read = 0
  private var announced = 0

  /// Allocates the memory of a group.
  ///
  /// - Throws: ``WindowError/outOfMemory(bytes:)``.
  init(_ plan: BlockPlan, _ data: WindowDataset) throws(WindowError) {
    self.plan = plan
    self.data = data
    memory = try StepMemory(
      capacity: plan.capacity * plan.blockRecords * data.records.layout.stride)
    list = .allocate(capacity: plan.capacity)
    group = BlockPlan.Group(ordinal: -1, start: 0, windows: 0, blocks: 0)
  }

  deinit { list.deallocate() }

  /// Takes on another group, of which nothing is read yet.
  func plan(_ ordinal: Int, start: Int, seed: UInt64) {
    group = plan.group(ordinal, start: start, seed: seed, list: list)
    order = KeyedPermutation(
      count: group.windows, seed: seed, purpose: .batch,
      epoch: UInt32(truncatingIfNeeded: ordinal))
    read = 0
    announced = 0
  }

  /// Reads on, up to a number of blocks.
  ///
  /// As many more as were read now are announced to the system, which reads them meanwhile.
  ///
  /// - Throws: ``WindowError/scratch(folder:reason:)``.
  func read(upTo blocks: Int) throws(WindowError) {
    guard read < blocks else { return }
    let more = min(group.blocks, blocks + max(2, blocks - read))
    let stride = data.records.layout.stride
    while read < blocks {
      let place = memory.start + read * plan.blockRecords * stride
      try data.read(windows(ofBlockAt: read), into: place)
      read += 1
    }
    while announced < more {
      if announced >= read {
        let steps = data.steps(around: windows(ofBlockAt: announced))
        let raw = data.records.layout.rawStride
        data.records.scratch?.willRead(steps.lowerBound * raw..<steps.upperBound * raw)
      }
      announced += 1
    }
  }

  /// The window at a position in the order of training, which lies in the group.
  func window(at position: Int) -> WindowPlace {
    let (place, offset) = order[position - group.start]
      .quotientAndRemainder(dividingBy: plan.blockWindows)
    let record = place * plan.blockRecords + data.stepsBefore + offset
    return WindowPlace(
      window: list[place] * plan.blockWindows + offset,
      record: UnsafeRawPointer(memory.start + record * data.records.layout.stride))
  }

  private func windows(ofBlockAt place: Int) -> Range<Int> {
    let first = list[place] * plan.blockWindows
    return first..<first + plan.windows(ofBlock: list[place])
  }
}
