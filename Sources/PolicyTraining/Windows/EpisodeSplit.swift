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

  /// Some of many episodes, ascending; those of a smaller number are among those of a larger one.
  ///
  /// - Parameters:
  ///   - count: How many.
  ///   - episodes: The episodes.
  ///   - seed: The same seed draws the same.
  /// - Returns: As many of the episodes.
  /// - Throws: ``/PolicyRuntime/ImitationError/optionOutOfRange(name:value:range:)`` where there
  ///   are fewer.
  static func drawn(_ count: Int, of episodes: [Int], seed: UInt64) throws -> [Int] {
    guard (1...max(episodes.count, 1)).contains(count), !episodes.isEmpty else {
      throw ImitationError.optionOutOfRange(
        name: "the number of episodes to learn from", value: "\(count)",
        range: "1…\(episodes.count), as many as there are")
    }
    return episodes.map { episode in
      var stream = RandomStream(seed: seed, purpose: .split, step: 1, index: UInt32(episode))
      return (stream.next(), episode)
    }.sorted { $0 < $1 }.prefix(count).map(\.1).sorted()
  }
}
