import Demonstrations
import Diffusion
import Foundation
public import Imitation
import Neural

/// Trains the cells of a benchmark, each into a checkpoint folder of its own.
///
/// A folder that holds the finished training of the same configuration and demonstrations is used
/// as it is; one that holds part of it is continued; any other is replaced.
public struct PolicyTrainer: CellTrainer {
  /// How far a cell's training is.
  public struct Progress: Sendable, Hashable {
    /// Which cell.
    public var cell: BenchmarkCell
    /// The steps that have been taken, and how many there will be.
    public var step, steps: Int
    /// The mean loss since the last report.
    public var loss: Double
  }

  /// What is trained and how in each environment, by its name; method, backbone and seed are the
  /// cell's.
  public var configurations: [String: TrainingConfiguration]
  /// The folder in which the checkpoints' folders lie.
  public var folder: String
  /// How many threads train.
  public var threads = Trainer.defaultThreads
  /// Asked after each step; true saves and stops the benchmark.
  public var shouldStop: @Sendable () -> Bool = { false }
  /// Told of each line of metrics.
  public var report: @Sendable (Progress) -> Void = { _ in }

  /// Creates a trainer that leaves its checkpoints in a folder.
  public init(_ configurations: [String: TrainingConfiguration], checkpoints folder: String) {
    self.configurations = configurations
    self.folder = folder
  }

  /// The training configuration of a cell.
  ///
  /// - Throws: `DiffusionError` for an unknown method or backbone, with the known ones, and
  ///   ``EvaluationError/missing(what:where:)`` for an environment without a configuration.
  public func configuration(of cell: BenchmarkCell) throws -> TrainingConfiguration {
    guard var configuration = configurations[cell.environment] else {
      throw EvaluationError.missing(
        what: "training configuration", where: "the environment '\(cell.environment)'")
    }
    configuration.policy.method = try MethodKind(named: cell.method)
    configuration.policy.backbone.kind = try BackboneKind(named: cell.backbone)
    configuration.seed = cell.seed
    return configuration
  }

  /// The cell's configuration as JSON.
  public func settings(of cell: BenchmarkCell, in task: BenchmarkTask) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(configuration(of: cell)), as: UTF8.self)
  }

  /// Trains a cell, continues it, or loads it.
  ///
  /// - Throws: ``EvaluationError/stopped(during:)`` where `shouldStop` asked for it, and what
  ///   reading demonstrations, training and checkpoints throw.
  public func agentFactory(
    of cell: BenchmarkCell, in task: BenchmarkTask
  ) throws -> @Sendable () throws -> any Agent {
    let configuration = try configuration(of: cell)
    let path = "\(folder)/\(cell.fileStem)"
    let checkpoint =
      try finished(path, configuration, task)
      ?? train(cell, in: task, configuration: configuration, output: path)
    let agents = PolicyAgents(checkpoint, capacity: 50)
    let policy = try agents.make()
    try policy.checkFits(task.description)
    return { try agents.make() }
  }

  /// How policies are trained, chosen and sampled.
  public var protocolEntries: [BenchmarkProtocol.Entry] {
    configurations.sorted { $0.key < $1.key }.flatMap { name, configuration in
      let policy = configuration.policy
      return [
        BenchmarkProtocol.Entry(
          "training on \(name)",
          "\(configuration.steps) steps of \(configuration.batch) windows, peak learning rate "
            + "\(configuration.learningRate.peak); \(policy.backbone.depth) hidden layers of "
            + "\(policy.backbone.hiddenWidth); horizons: \(policy.horizons.observation) "
            + "observations, \(policy.horizons.prediction) actions predicted, "
            + "\(policy.horizons.action) executed; \(policy.schedule.kind.rawValue) schedule of "
            + "\(policy.schedule.steps) noise steps"),
        BenchmarkProtocol.Entry("sampler on \(name)", words(of: policy.sampler)),
      ]
    } + [BenchmarkProtocol.Entry("checkpoint", "the last step's moving-average weights")]
  }

  /// A checkpoint that is just what training would make, if it is there.
  private func finished(
    _ path: String, _ configuration: TrainingConfiguration, _ task: BenchmarkTask
  ) -> Checkpoint? {
    guard let checkpoint = try? Checkpoint(contentsOf: path),
      checkpoint.step == configuration.steps, belongs(checkpoint, configuration, task)
    else { return nil }
    return checkpoint
  }

  private func belongs(
    _ checkpoint: Checkpoint, _ configuration: TrainingConfiguration, _ task: BenchmarkTask
  ) -> Bool {
    var wanted = configuration
    // A checkpoint names the observations even where the configuration leaves them open.
    wanted.policy.observations =
      wanted.policy.observations ?? checkpoint.configuration.policy.observations
    return checkpoint.configuration == wanted && checkpoint.provenance.digest == task.digest
  }

  private func train(
    _ cell: BenchmarkCell, in task: BenchmarkTask, configuration: TrainingConfiguration,
    output path: String
  ) throws -> Checkpoint {
    let trainer = try Trainer(
      configuration, demonstrations: DemonstrationStore(reading: task.path), threads: threads)
    var resumes = false
    if FileManager.default.fileExists(atPath: path) {
      let earlier = try? Checkpoint(contentsOf: path)
      resumes = earlier.map { belongs($0, configuration, task) } ?? false
      if !resumes { try FileManager.default.removeItem(atPath: path) }
    }
    let outcome = try trainer.run(output: path, resume: resumes, shouldStop: shouldStop) { line in
      report(
        Progress(cell: cell, step: line.step, steps: configuration.steps, loss: line.loss))
    }
    guard outcome == .finished else { throw EvaluationError.stopped(during: "training \(cell)") }
    return trainer.checkpoint
  }
}

/// A sampler in words, for the protocol.
private func words(of sampler: SamplerSpecification) -> String {
  var words = sampler.kind.rawValue.uppercased()
  words += sampler.times.count.map { ", \($0) steps" } ?? ", all noise steps"
  if sampler.kind == .ddim { words += ", eta \(sampler.eta)" }
  if sampler.times.extraSteps > 0 { words += ", \(sampler.times.extraSteps) extra steps" }
  if let clip = sampler.clip { words += ", clean actions clipped to ±\(clip)" }
  return words
}
