/// How a batch is cut into shards, whose gradients are added in a fixed tree, whoever computes
/// them.
///
/// A node of the tree is a range of shards. It is cut at the largest power of two below its count,
/// and its sum is that of its left part plus that of its right one; so the sum of all has the same
/// bytes for one process and for any number of them. Each process has neighbouring shards.
struct BatchShards: Sendable, Hashable {
  /// How many there are.
  let count: Int
  /// How many processes share them; at most as many.
  let ranks: Int

  /// The rows of a shard of a batch whose rows are computed in groups.
  func rows(of shard: Int, batch: Int, group: Int) -> Range<Int> {
    Self.part(shard, of: count, from: batch / group, unit: group)
  }

  /// The shards of a process.
  func own(_ rank: Int) -> Range<Int> { Self.part(rank, of: ranks, from: count) }

  /// The elements of a flat buffer that a process adds up for all.
  func elements(_ rank: Int, of extent: Int) -> Range<Int> {
    // Cache lines, so that two processes on one machine do not share one.
    let lines = Self.part(rank, of: ranks, from: (extent + 15) / 16, unit: 16)
    return lines.clamped(to: 0..<extent)
  }

  /// The largest nodes that a process computes alone, from left to right.
  func pieces(_ rank: Int) -> [Range<Int>] { pieces(of: 0..<count, in: own(rank)) }

  private func pieces(of node: Range<Int>, in own: Range<Int>) -> [Range<Int>] {
    if !node.overlaps(own) { return [] }
    if node.clamped(to: own) == node { return [node] }
    let (left, right) = Self.parts(of: node)
    return pieces(of: left, in: own) + pieces(of: right, in: own)
  }

  /// The two parts of a node of more than one shard.
  static func parts(of node: Range<Int>) -> (Range<Int>, Range<Int>) {
    var half = 1
    while half * 2 < node.count { half *= 2 }
    let middle = node.lowerBound + half
    return (node.lowerBound..<middle, middle..<node.upperBound)
  }

  /// How many buffers a node's sum takes: one for each step down to its last shard.
  static func depth(of node: Range<Int>) -> Int {
    if node.count < 2 { return 1 }
    let (left, right) = parts(of: node)
    return max(depth(of: left), 1 + depth(of: right))
  }

  private static func part(_ index: Int, of count: Int, from all: Int, unit: Int = 1) -> Range<Int>
  {
    all * index / count * unit..<all * (index + 1) / count * unit
  }
}
