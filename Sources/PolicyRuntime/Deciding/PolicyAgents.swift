public import Neural

/// Makes the policies of one checkpoint for several threads; they share the weights.
public struct PolicyAgents: Sendable {
  private let checkpoint: Checkpoint
  private let sampler: SamplerSpecification?
  private let capacity: Int
  private let precision: WeightPrecision
  private let threads: Int
  private let estimators: [Checkpoint]

  /// Takes a checkpoint.
  ///
  /// - Parameters:
  ///   - checkpoint: The weights and what belongs to them.
  ///   - sampler: How to sample; nil for the way it was configured.
  ///   - capacity: How many windows are decided at once.
  ///   - precision: How weights are kept, the estimators' among them.
  ///   - threads: How many threads share a decision.
  ///   - estimators: What tells the policy observations that are not there.
  public init(
    _ checkpoint: Checkpoint, sampler: SamplerSpecification? = nil, capacity: Int = 32,
    precision: WeightPrecision = .single, threads: Int = 1, estimators: [Checkpoint] = []
  ) {
    self.checkpoint = checkpoint
    self.sampler = sampler
    self.capacity = capacity
    self.precision = precision
    self.threads = threads
    self.estimators = estimators
  }

  /// Compiles a policy for the calling thread.
  ///
  /// - Throws: An error for sampling options outside their range.
  public func make() throws -> Policy {
    try policy(of: checkpoint, sampler: sampler)
  }

  /// Compiles the policy with its estimators for the calling thread.
  ///
  /// - Throws: As ``make()``, and ``ImitationError/otherSpaces(reason:)`` for an estimator that
  ///   does not fit.
  public func makeEstimating() throws -> EstimatingAgent {
    try EstimatingAgent(make(), told: estimators.map { try policy(of: $0) })
  }

  private func policy(
    of checkpoint: Checkpoint, sampler: SamplerSpecification? = nil
  ) throws -> Policy {
    try Policy(
      checkpoint, sampler: sampler, capacity: capacity, precision: precision, threads: threads)
  }
}
