internal import CKernels

/// The gradient of a batch as a sum over shards, by one process or by several.
public final class ShardedGradient {
  let shards: BatchShards
  /// The processes that share the batch; nil for this one alone.
  public let ranks: (any TrainingRanks)?
  /// The sums of this process's largest nodes, and below them what these are made of.
  private let buffers: [FloatBuffer]
  /// What other processes have of the elements that this one adds up.
  private let received: FloatBuffer
  private let extent: Int

  /// Allocates the sums.
  ///
  /// - Parameters:
  ///   - count: The number of shards; at least the number of processes.
  ///   - table: The network's parameters.
  ///   - ranks: The processes; nil for this one alone.
  public init(shards count: Int, _ table: ParameterTable, ranks: (any TrainingRanks)? = nil) {
    let rank = ranks?.rank ?? 0
    shards = BatchShards(count: count, ranks: ranks?.count ?? 1)
    self.ranks = ranks
    extent = table.trainedExtent
    let depth = shards.pieces(rank).enumerated().map {
      $0.offset + BatchShards.depth(of: $0.element)
    }.max()
    buffers = (0..<(depth ?? 0)).map { _ in FloatBuffer(count: table.trainedExtent) }
    let others = (0..<shards.ranks).filter { [shards] in $0 != rank && !shards.own($0).isEmpty }
    let pieces = others.reduce(0) { [shards] in $0 + shards.pieces($1).count }
    received = FloatBuffer(count: pieces * shards.elements(rank, of: extent).count)
  }

  /// How many buffers of the parameters' size a process needs at most for a number of shards.
  public static func bufferCount(shards count: Int) -> Int {
    // One alone, which adds up the whole tree, and what it received.
    BatchShards.depth(of: 0..<max(count, 1)) + 1
  }

  /// Which rows of a batch this process computes.
  func rows(batch: Int, group: Int, of rank: Int) -> Range<Int> {
    let own = shards.own(rank)
    let first = shards.rows(of: own.lowerBound, batch: batch, group: group)
    return first
      .lowerBound..<shards.rows(of: own.upperBound - 1, batch: batch, group: group).upperBound
  }

  /// Adds up the shards.
  ///
  /// - Parameters:
  ///   - gradients: Where the sum goes.
  ///   - shard: Computes a shard's gradient into a buffer.
  ///   - add: Adds a buffer to another.
  func sum(
    into gradients: FloatBuffer, shard: (Int, FloatBuffer) -> Void,
    add: (FloatBuffer, FloatBuffer) -> Void
  ) {
    func compute(_ node: Range<Int>, _ place: Int) {
      guard node.count > 1 else { return shard(node.lowerBound, buffers[place]) }
      let (left, right) = BatchShards.parts(of: node)
      compute(left, place)
      compute(right, place + 1)
      add(buffers[place], buffers[place + 1])
    }
    for (place, piece) in shards.pieces(ranks?.rank ?? 0).enumerated() { compute(piece, place) }
    guard let ranks else {
      return gradients.pointer.update(from: buffers[0].pointer, count: extent)
    }
    exchangePieces(ranks)
    let own = shards.elements(ranks.rank, of: extent)
    let sum = total(of: 0..<shards.count, pieces(ranks), own.count)
    (gradients.pointer + own.lowerBound).update(from: sum, count: own.count)
    ranks.gather(gradients.pointer) { [shards, extent] in shards.elements($0, of: extent) }
  }

  /// Sends to each process what this one has of its elements, and receives what others have of this
  /// one's.
  private func exchangePieces(_ ranks: any TrainingRanks) {
    let own = shards.elements(ranks.rank, of: extent)
    var (sending, receiving): ([RankMessage], [RankMessage]) = ([], [])
    var next = received.pointer
    for peer in 0..<ranks.count where peer != ranks.rank {
      let theirs = shards.elements(peer, of: extent)
      for place in shards.pieces(ranks.rank).indices {
        sending.append(
          RankMessage(
            peer: peer,
            values: UnsafeMutableBufferPointer(
              start: buffers[place].pointer + theirs.lowerBound, count: theirs.count)))
      }
      for _ in shards.pieces(peer) {
        receiving.append(
          RankMessage(
            peer: peer, values: UnsafeMutableBufferPointer(start: next, count: own.count)))
        next += own.count
      }
    }
    ranks.exchange(sending: sending, receiving: receiving)
  }

  /// Where this process's elements of each largest node lie, its own and the others'.
  private func pieces(_ ranks: any TrainingRanks) -> [Range<Int>: UnsafeMutablePointer<Float>] {
    let own = shards.elements(ranks.rank, of: extent)
    var places: [Range<Int>: UnsafeMutablePointer<Float>] = [:]
    var next = received.pointer
    for peer in 0..<ranks.count {
      for (place, piece) in shards.pieces(peer).enumerated() {
        if peer == ranks.rank {
          places[piece] = buffers[place].pointer + own.lowerBound
        } else {
          places[piece] = next
          next += own.count
        }
      }
    }
    return places
  }

  /// The sum of a node, in place of its left part's.
  private func total(
    of node: Range<Int>, _ pieces: [Range<Int>: UnsafeMutablePointer<Float>], _ count: Int
  ) -> UnsafeMutablePointer<Float> {
    if let piece = pieces[node] { return piece }
    let (left, right) = BatchShards.parts(of: node)
    let sum = total(of: left, pieces, count)
    CKernels_sum(sum, sum, total(of: right, pieces, count), 1, 1, count)
    return sum
  }
}
