/// How a policy server shares one policy among its clients.
public struct ServingConfiguration: Sendable, Hashable, Codable {
  /// How many windows are decided at once, at most; never waited for.
  public var batchLimit: Int
  /// How many decisions may wait; one more is refused with 503.
  public var queueLimit: Int

  /// Creates a configuration.
  public init(batchLimit: Int = 32, queueLimit: Int = 256) {
    self.batchLimit = batchLimit
    self.queueLimit = queueLimit
  }
}
