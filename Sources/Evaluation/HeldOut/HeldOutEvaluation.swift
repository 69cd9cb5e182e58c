public import Demonstrations
import Diffusion
public import EnvironmentInterface
import Foundation
public import Imitation
import Neural

/// Judges a policy by recordings: how well it denoises, what density it gives to what people did,
/// and how far its own chunks are from theirs.
///
/// The same seed gives the same numbers; noise and draws are functions of it and of the window.
public struct HeldOutEvaluation: Sendable {
  /// The largest number of windows that are looked at.
  public var windows = 2048
  /// How many chunks are drawn for each.
  public var draws = 16
  /// The key of noise and draws.
  public var seed: UInt64 = 0
  /// How many threads work, which changes no number; as many as processors unless said otherwise.
  public var threads = OrderedWork.defaultThreads

  /// Windows that are looked at together.
  private static let block = 256

  /// Creates an evaluation.
  public init(windows: Int = 2048, draws: Int = 16, seed: UInt64 = 0) {
    self.windows = windows
    self.draws = draws
    self.seed = seed
  }

  /// Judges a policy.
  ///
  /// - Parameters:
  ///   - checkpoint: The policy.
  ///   - sampler: How it samples; nil for the way it was configured.
  ///   - demonstrations: The recordings.
  ///   - episodes: The episodes to use; nil for all.
  ///   - environment: The environment that was recorded, for the demonstrator's own density; nil
  ///     for none.
  /// - Returns: What was found.
  /// - Throws: ``EvaluationError`` for settings out of range or recordings without whole chunks,
  ///   and what reading recordings and compiling the policy throw.
  public func run(
    _ checkpoint: Checkpoint, sampler: SamplerSpecification? = nil,
    on demonstrations: DemonstrationStore, episodes: [Int]? = nil,
    environment: (any Environment)? = nil
  ) throws -> HeldOutReport {
    for (name, value) in [("windows", windows), ("draws", draws)] where value < 1 {
      throw EvaluationError.badSetting(name: name, value: "\(value)", expected: "at least 1")
    }
    var checkpoint = checkpoint
    if let sampler {
      checkpoint.configuration.policy.method = try checkpoint.configuration.policy.method
        .sampled(by: sampler)
    }
    let data = try WindowDataset(
      demonstrations, actions: checkpoint.configuration.actions,
      horizons: checkpoint.shape.horizons, episodes: episodes,
      normalizer: checkpoint.normalizer)
    let windows = try HeldOutWindows(data, atMost: windows, path: demonstrations.path)
    let subject = HeldOutSubject(
      checkpoint, windows, seed: seed, block: Self.block, threads: threads)
    let demonstrator = try subject.demonstrator(environment, demonstrations)
    let terms = try subject.terms()
    return HeldOutReport(
      method: checkpoint.configuration.policy.method.name, windows: windows.indices.count,
      episodes: Set(windows.episodes).count, windowsCutShort: windows.cutShort,
      values: subject.counted.count { $0 }, clip: subject.clip,
      noiseSteps: terms.map { subject.noiseSteps($0.terms, $0.questions) },
      loss: terms.map { terms in
        zip(terms.questions.probabilities, zip(terms.questions.weights, terms.terms.losses))
          .reduce(0) { $0 + $1.0 * $1.1.0 * $1.1.1 }
      },
      bounds: terms.map { subject.bounds($0.terms, demonstrator) },
      likelihood: try subject.likelihood(demonstrator),
      demonstrator: demonstrator.flatMap { subject.likelihood(of: $0, nil) },
      actionError: try subject.actionError(draws: draws))
  }
}
