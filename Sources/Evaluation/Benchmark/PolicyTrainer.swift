public import Demonstrations
import Diffusion
import Foundation
public import Imitation
import Neural

/// Trains the policies of a benchmark and keeps their checkpoints.
public struct PolicyTrainer: CellTrainer {
  /// The folder of the checkpoints, one a cell.
  public var folder: String
  /// The training of each environment, by name; method, backbone and seed are the cell's.
  public var configurations: [String: TrainingConfiguration]
  /// The demonstrations of each environment, by name.
  public var demonstrations: [String: DemonstrationStore]
  /// How many threads train.
  public var threads = Trainer.defaultThreads
  /// Told of each step; true stops, and the checkpoint resumes the cell.
  public var shouldStop: @Sendable (BenchmarkCell, _ step: Int, _ total: Int) -> Bool = { _, _, _ in
    false
  }

  /// Creates a trainer.
  public init(
    folder: String, configurations: [String: TrainingConfiguration],
    demonstrations: [String: DemonstrationStore]
  ) {
    self.folder = folder
    self.configurations = configurations
    self.demonstrations = demonstrations
  }

  /// The whole training configuration, as JSON.
  public func settings(of cell: BenchmarkCell, in task: BenchmarkTask) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(configuration(of: cell)), as: UTF8.self)
  }

  /// Trains a cell, going on where an earlier run of the same configuration stopped.
  ///
  /// - Throws: ``EvaluationError/stopped(what:)`` where ``shouldStop`` said so, and what training
  ///   throws.
  public func agentFactory(
    of cell: BenchmarkCell, in task: BenchmarkTask
  ) throws -> @Sendable () throws -> any Agent {
    guard let store = demonstrations[cell.environment] else {
      throw EvaluationError.missing(what: "demonstrations", where: cell.environment)
    }
    let configuration = try configuration(of: cell)
    let path = "\(folder)/\(cell.environment)-\(cell.method)-\(cell.backbone)-\(cell.seed)"
    let trainer = try Trainer(configuration, demonstrations: store, threads: threads)
    let training = trainer.training
    let resumes = canResume(training, from: path)
    if !resumes { try? FileManager.default.removeItem(atPath: path) }
    let outcome = try trainer.run(
      output: path, resume: resumes,
      shouldStop: { shouldStop(cell, training.state.step, configuration.steps) })
    guard outcome == .finished else { throw EvaluationError.stopped(what: cell.description) }
    let agents = PolicyAgents(trainer.checkpoint)
    return { try agents.make() }
  }

  /// The sampler and the training of each environment.
  public var protocolEntries: [BenchmarkProtocol.Entry] {
    let trainings = configurations.sorted { $0.key < $1.key }.map { name, configuration in
      let policy = configuration.policy
      let horizons = policy.horizons
      return BenchmarkProtocol.Entry(
        "training on \(name)",
        "\(configuration.steps) steps of batch \(configuration.batch), AdamW with learning rate "
          + "\(configuration.learningRate.peak) (warm-up \(configuration.learningRate.warmupSteps), "
          + "cosine decay); hidden width \(policy.backbone.hiddenWidth), depth "
          + "\(policy.backbone.depth); horizons: observation \(horizons.observation), prediction "
          + "\(horizons.prediction), action \(horizons.action); diffusion: \(policy.schedule.steps) "
          + "noise steps, \(policy.schedule.kind.rawValue) schedule, predicts "
          + "\(policy.prediction.rawValue)")
    }
    let samplers = Set(configurations.values.map { describe($0) }).sorted()
    return trainings + [
      .init("sampler", samplers.joined(separator: "; ")),
      .init("checkpoint", "the last, moving average of the weights"),
    ]
  }

  private func describe(_ configuration: TrainingConfiguration) -> String {
    let sampler = configuration.policy.sampler
    let steps = sampler.times.count ?? configuration.policy.schedule.steps
    return "\(sampler.kind.rawValue), \(steps) steps"
      + (sampler.clip.map { ", predicted actions clipped to ±\($0)" } ?? "")
  }

  private func configuration(of cell: BenchmarkCell) throws -> TrainingConfiguration {
    guard var configuration = configurations[cell.environment] else {
      throw EvaluationError.missing(what: "training configuration", where: cell.environment)
    }
    configuration.policy.method = try MethodKind(named: cell.method)
    configuration.policy.backbone.kind = try BackboneKind(named: cell.backbone)
    configuration.seed = cell.seed
    return configuration
  }

  /// Whether a folder holds a checkpoint of this very training.
  private func canResume(_ training: Training, from path: String) -> Bool {
    guard let checkpoint = try? Checkpoint(contentsOf: path) else { return false }
    return checkpoint.configuration == training.configuration
      && checkpoint.normalizer == training.data.normalizer
      && checkpoint.provenance.steps == training.data.count
  }
}
