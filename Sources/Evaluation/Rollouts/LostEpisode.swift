/// An episode that ended with the program that simulated it.
public struct LostEpisode: Error, CustomStringConvertible, Sendable, Hashable {
  /// The episode's seed.
  public let seed: UInt64
  /// What became of the program.
  public let reason: String

  /// Which episode, and why.
  public var description: String { "the episode of seed \(seed) is lost: \(reason)" }
}
