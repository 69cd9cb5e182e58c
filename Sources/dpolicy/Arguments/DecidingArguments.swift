public import ArgumentParser
import Imitation
public import Neural

/// How fast a policy decides; no answer depends on the threads.
struct DecidingArguments: ParsableArguments {
  @Option(
    help: """
      How weights are kept: single (32 bits); half (16), which is faster where one thread decides \
      for one window; or int8, for processors with AVX512_VNNI.
      """)
  var precision = WeightPrecision.single

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

  /// Compiles a policy.
  ///
  /// - Parameters:
  ///   - checkpoint: Its weights.
  ///   - sampling: How it samples.
  ///   - capacity: How many windows it decides for at once.
  /// - Returns: The policy.
  /// - Throws: What is wrong with an option.
  func policy(
    _ checkpoint: Checkpoint, _ sampling: SamplingArguments, capacity: Int
  ) throws -> Policy {
    try Policy(
      checkpoint, sampler: sampling.applied(to: checkpoint.configuration.policy),
      capacity: capacity, precision: precision, threads: threads)
  }
}

extension WeightPrecision: ExpressibleByArgument {}
