extension DemonstrationStore {
  /// The seed with which a recording continues: the one after the last episode's.
  ///
  /// - Parameter seed: The smallest seed that is wanted.
  /// - Returns: A seed, at least as large; `seed` itself where no episode notes one.
  /// - Throws: ``DemonstrationError``.
  public func nextSeed(atLeast seed: UInt64) throws -> UInt64 {
    guard count > 0 else { return seed }
    let last = try episode(count - 1, observations: []).attributes.seed
    return max(seed, last.map { $0 &+ 1 } ?? seed)
  }
}
