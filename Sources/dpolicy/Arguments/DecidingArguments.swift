import ArgumentParser
import Imitation

/// Who decides and how fast; no answer depends on the threads.
struct DecidingArguments: ParsableArguments {
  @OptionGroup var agent: AgentArguments

  @Option(
    help: """
      Threads that share a decision. For a decision now and then 1 is best: sleeping threads take \
      milliseconds to wake.
      """)
  var threads = 1

  func validate() throws {
    guard (1...1024).contains(threads) else {
      throw ValidationError("'--threads' is \(threads), but must be 1…1024.")
    }
  }

  /// Compiles a policy and its estimators.
  ///
  /// - Parameters:
  ///   - checkpoint: The policy's weights.
  ///   - estimators: The estimators'.
  ///   - sampling: How the policy samples.
  ///   - capacity: How many windows it decides for at once.
  /// - Returns: The policy with its estimators.
  /// - Throws: What is wrong with an option, and for estimators that do not fit.
  func policy(
    _ checkpoint: Checkpoint, told estimators: [Checkpoint], _ sampling: SamplingArguments,
    capacity: Int
  ) throws -> EstimatingAgent {
    try PolicyAgents(
      checkpoint, sampler: sampling.applied(to: checkpoint.configuration.policy),
      capacity: capacity, precision: agent.precision, threads: threads, estimators: estimators
    ).makeEstimating()
  }
}
