import Physics

/// Where everything is in a push episode and what has been done: the environment's whole state.
///
/// Lengths are field units: the field is the square |x|, |y| ≤ 1.
struct PushField: Sendable, Hashable {
  /// A square block.
  struct Block: Sendable, Hashable {
    var position: SIMD2<Float>
    /// In radians, −π…π.
    var angle: Float
    var velocity: SIMD2<Float> = .zero
    var angularVelocity: Float = 0
    /// On which side the pusher first went round the block: −1 left, 1 right, 0 not yet.
    var side: Int = 0
  }

  static let blockNames = ["red", "blue"]
  static let zoneNames = ["left", "right"]
  static let halfBlock: Float = 0.1
  static let pusherRadius: Float = 0.06

  var pusher: SIMD2<Float>
  /// Red, then blue.
  var blocks: [Block]
  /// The centres of the left and the right zone.
  var zones: [SIMD2<Float>]
  var stepCount = 0
  /// The block that was first in a zone, and that zone.
  var first: (block: Int, zone: Int)? {
    get { firstBlock < 0 ? nil : (firstBlock, firstZone) }
    set {
      firstBlock = newValue?.block ?? -1
      firstZone = newValue?.zone ?? -1
    }
  }
  /// Whether both blocks have been in different zones at one time.
  var isSolved = false
  /// The parts of ``first``; −1 for none.
  var firstBlock = -1
  var firstZone = -1

  init(pusher: SIMD2<Float>, blocks: [Block], zones: [SIMD2<Float>]) {
    self.pusher = pusher
    self.blocks = blocks
    self.zones = zones
  }

  /// The zone that a block's centre lies in, or nil.
  func zone(of block: Int, tolerance: Float) -> Int? {
    zones.indices.first { (blocks[block].position - zones[$0]).length <= tolerance }
  }

  /// Notes on which side the pusher went past each block that is not delivered yet.
  mutating func notePassing(from before: SIMD2<Float>) {
    for index in blocks.indices where index != firstBlock && !isSolved {
      let block = blocks[index].position
      // Blocks start above and below the pusher; past one is out of the middle.
      let passes =
        block.y > 0
        ? before.y < block.y && pusher.y >= block.y : before.y > block.y && pusher.y <= block.y
      if passes, blocks[index].side == 0 { blocks[index].side = pusher.x < block.x ? -1 : 1 }
    }
  }

  /// Notes which sub-tasks are done now and were not before.
  ///
  /// - Parameter tolerance: How near to a zone's centre a block's centre must be.
  /// - Returns: The sub-tasks: 0 for the first block, 1 for both.
  mutating func noteCompletions(tolerance: Float) -> [Int] {
    guard !isSolved else { return [] }
    var completed: [Int] = []
    let reached = blocks.indices.map { zone(of: $0, tolerance: tolerance) }
    let arrived = reached.firstIndex { $0 != nil }
    if first == nil, let block = arrived, let zone = reached[block] {
      first = (block, zone)
      completed.append(0)
    }
    if let red = reached[0], let blue = reached[1], red != blue {
      isSolved = true
      completed.append(1)
    }
    return completed
  }
}
