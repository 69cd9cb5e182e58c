public import ArgumentParser
import Imitation
public import Neural

/// Who decides, beside the policy's own checkpoint.
struct AgentArguments: ParsableArguments {
  @Option(
    name: .customLong("estimator"),
    help: ArgumentHelp(
      """
      A policy that learnt an observation ('train --actions obs/NAME') and tells it in place of the \
      environment or the client; may be repeated.
      """, valueName: "folder"), completion: .directory)
  var estimators: [String] = []

  @Option(
    help: """
      How weights are kept: single (32 bits); half (16), which is faster where one thread decides \
      for one window; or int8, for processors with AVX512_VNNI.
      """)
  var precision = WeightPrecision.single

  /// Reads the estimators.
  ///
  /// - Throws: An error that names the file and what is wrong with it.
  func loaded() throws -> [Checkpoint] { try estimators.map { try Checkpoint(contentsOf: $0) } }
}

extension WeightPrecision: ExpressibleByArgument {}
