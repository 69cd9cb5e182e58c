import Neural

/// Makes the policies of one checkpoint for several threads; they share the weights.
public struct PolicyAgents: Sendable {
  private let checkpoint: Checkpoint
  private let sampler: SamplerSpecification?
  private let capacity: Int

  /// Takes a checkpoint.
  ///
  /// - Parameters:
  ///   - checkpoint: The weights and what belongs to them.
  ///   - sampler: How to sample; nil for the way it was configured.
  ///   - capacity: How many windows are decided at once.
  public init(_ checkpoint: Checkpoint, sampler: SamplerSpecification? = nil, capacity: Int = 32) {
    self.checkpoint = checkpoint
    self.sampler = sampler
    self.capacity = capacity
  }

  /// Compiles a policy for the calling thread.
  ///
  /// - Throws: An error for sampling options outside their range.
  public func make() throws -> Policy {
    try Policy(checkpoint, sampler: sampler, capacity: capacity)
  }
}
