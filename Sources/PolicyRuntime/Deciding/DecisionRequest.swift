/// A decision that is asked for in a document, checked: the policy can decide on it.
public struct DecisionRequest: Sendable {
  /// What the client calls it, as JSON; it comes back with the answer.
  public let id: String?
  /// What is seen.
  public let window: ObservationWindow
  /// The seed, if the answer is to be a function of window and seed.
  public let seed: UInt64?

  /// The randomness of the decision.
  ///
  /// - Parameter decisions: How many were decided before, for one without a seed.
  /// - Returns: The key.
  public func key(after decisions: Int) -> DecisionKey {
    seed.map { DecisionKey(seed: $0, step: 0) } ?? DecisionKey(seed: 0, step: decisions)
  }
}

/// A document that asks for no decision.
public struct MalformedRequest: Error, CustomStringConvertible, Sendable {
  /// What the client calls it, as JSON, if that could be read.
  public let id: String?
  /// The field, what is wrong with it, and what would be right.
  public let description: String
}
