/// The processes that train one network together, each of which computes shards of every batch.
///
/// All of them call the same in the same order.
public protocol TrainingRanks: AnyObject {
  /// Which of them this is, from 0.
  var rank: Int { get }
  /// How many they are.
  var count: Int { get }

  /// Sends to some of the others and receives from some, and returns when all of it is done.
  ///
  /// What one process sends to another arrives in the order in which it stands in the lists.
  func exchange(sending: [RankMessage], receiving: [RankMessage])
}

/// A stretch of memory that goes to another process, or is filled by it.
public struct RankMessage {
  /// The other process.
  public let peer: Int
  /// The numbers.
  public let values: UnsafeMutableBufferPointer<Float>
}

extension TrainingRanks {
  /// Fills each process's part of an array on all others.
  ///
  /// - Parameters:
  ///   - start: The array, of which this process has filled its own part.
  ///   - part: The part of each process.
  func gather(_ start: UnsafeMutablePointer<Float>, _ part: (Int) -> Range<Int>) {
    func message(_ peer: Int, _ owner: Int) -> RankMessage {
      let range = part(owner)
      return RankMessage(
        peer: peer,
        values: UnsafeMutableBufferPointer(start: start + range.lowerBound, count: range.count))
    }
    let others = (0..<count).filter { $0 != rank }
    exchange(
      sending: others.map { message($0, rank) }, receiving: others.map { message($0, $0) })
  }

  /// Whether any of them says so.
  public func any(_ own: Bool) -> Bool {
    var said = [Float](repeating: 0, count: count)
    said[rank] = own ? 1 : 0
    said.withUnsafeMutableBufferPointer {
      if let start = $0.baseAddress { gather(start) { $0..<$0 + 1 } }
    }
    return said.contains(1)
  }
}
