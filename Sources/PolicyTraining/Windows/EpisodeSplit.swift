import PolicyRuntime
import Randomness

/// Episodes in two parts that share none, drawn by a seed.
public struct EpisodeSplit: Sendable, Hashable {
  /// The episodes of the first part, ascending.
  public let first: [Int]
  /// The other episodes, ascending.
  public let second: [Int]

  /// Splits the episodes 0 to `count` − 1.
  ///
  /// - Parameters:
  ///   - count: The number of episodes.
  ///   - fraction: The first part's share, 0…1; rounded to the nearest number of episodes.
  ///   - seed: The same seed gives the same parts.
  /// - Throws: ``/PolicyRuntime/WindowError/invalidFraction(value:)``.
  public init(count: Int, fraction: Double = 0.5, seed: UInt64) throws {
    guard (0...1).contains(fraction) else { throw WindowError.invalidFraction(value: fraction) }
    // Sorted by random numbers, so that no standard library's shuffle is part of the result.
    var stream = RandomStream(seed: seed, purpose: .split)
    let order = (0..<max(0, count)).map { (stream.next(), $0) }.sorted { $0 < $1 }.map(\.1)
    let size = Int((fraction * Double(order.count)).rounded())
    first = order[..<size].sorted()
    second = order[size...].sorted()
  }
}
