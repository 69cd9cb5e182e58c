internal import Randomness

/// How windows that do not fit into memory are cut into blocks, and blocks into groups.
///
/// A block is a run of windows that is read at once. Every epoch puts the blocks into a new order
/// and cuts that into groups; a group is in memory as a whole, and its windows are shuffled among
/// each other, while the next group is read into the other half of the memory. All of it follows
/// from the number of windows, their size, the allowed memory and the seed.
struct BlockPlan: Sendable, Hashable {
  /// Some blocks that are in memory at the same time.
  struct Group: Hashable {
    /// How many groups came before, since the first epoch began.
    let ordinal: Int
    /// The position of its first window in the order of training.
    let start: Int
    /// The number of its windows.
    let windows: Int
    /// The number of its blocks.
    let blocks: Int

    /// The position behind its last window.
    var end: Int { start + windows }

    /// Whether a position lies in it.
    func contains(_ position: Int) -> Bool { position >= start && position < end }
  }

  /// The number of windows.
  let count: Int
  /// The number of windows of a block; the last one may have fewer.
  let blockWindows: Int
  /// The records of a block in memory: its windows' and the steps around them.
  let blockRecords: Int
  /// The number of blocks.
  let blocks: Int
  /// The largest number of blocks of a group.
  let capacity: Int
  /// The number of groups of an epoch.
  let groups: Int

  /// The smallest size of a block, where memory allows it: below, seeking costs more than reading.
  private static let blockBytes = 1 << 20
  /// The fewest blocks that a group should have to be a good mixture.
  private static let mixture = 16

  /// Plans blocks; nil where the memory is too small.
  ///
  /// - Parameters:
  ///   - count: The number of windows.
  ///   - record: The bytes of a record.
  ///   - around: The steps before and after a window that it may need.
  ///   - memory: The bytes that two groups may take.
  ///   - batch: The windows of a training step, which must lie in at most two groups.
  init?(count: Int, record: Int, around: Int, memory: Int, batch: Int) {
    let half = memory / 2 / record
    let wanted = max(Self.blockBytes / record, 8 * around, 1)
    blockWindows = min(wanted, half / Self.mixture - around)
    guard blockWindows > 0 else { return nil }
    self.count = count
    blockRecords = blockWindows + around
    blocks = (count + blockWindows - 1) / blockWindows
    groups = (blocks + half / blockRecords - 1) / (half / blockRecords)
    capacity = (blocks + groups - 1) / groups
    guard (blocks / groups - 1) * blockWindows + windows(ofBlock: blocks - 1) >= batch else {
      return nil
    }
  }

  /// The number of windows of a block.
  func windows(ofBlock block: Int) -> Int { min(blockWindows, count - block * blockWindows) }

  /// A group and its blocks.
  ///
  /// - Parameters:
  ///   - ordinal: How many groups came before.
  ///   - start: The position of its first window.
  ///   - seed: The key of the order.
  ///   - list: Room for ``capacity`` numbers, which become its blocks: a shorter one comes last.
  /// - Returns: The group.
  func group(
    _ ordinal: Int, start: Int, seed: UInt64, list: UnsafeMutablePointer<Int>
  ) -> Group {
    let (epoch, place) = ordinal.quotientAndRemainder(dividingBy: groups)
    let order = KeyedPermutation(
      count: blocks, seed: seed, purpose: .blocks, epoch: UInt32(truncatingIfNeeded: epoch))
    let range = place * blocks / groups..<(place + 1) * blocks / groups
    var windows = 0
    for (index, position) in range.enumerated() {
      list[index] = order[position]
      windows += self.windows(ofBlock: list[index])
    }
    if let short = (0..<range.count).first(where: { list[$0] == blocks - 1 }) {
      list[short] = list[range.count - 1]
      list[range.count - 1] = blocks - 1
    }
    return Group(ordinal: ordinal, start: start, windows: windows, blocks: range.count)
  }
}
