public import Diffusion
import Neural

/// Makes the policies of one checkpoint for several threads; they share the weights.
public struct PolicyAgents: Sendable {
  // A checkpoint's buffers are written while it is read from disk or trained and never after; the
  // policies made here only read them, whichever thread they are on.
  private nonisolated(unsafe) let checkpoint: Checkpoint
  private let sampler: SamplerSpecification?
  private let capacity: Int

  /// Takes a checkpoint that nobody trains on any more.
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
