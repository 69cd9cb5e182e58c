import Demonstrations
import Diffusion
import Foundation
public import Imitation
import Naming
import Neural

/// Trains the cells of a benchmark, each training into a checkpoint folder of its own.
///
/// Cells that differ in how they sample alone share a training. A folder that holds the finished
/// training of the same configuration and demonstrations is used as it is; one that holds part of it
/// is continued; any other is replaced.
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

  /// What is trained and how in each environment, by its name; method, backbone, seed and swept
  /// settings are the cell's.
  public var configurations: [String: TrainingConfiguration]
  /// What is special about some methods, by their names, laid over the configuration.
  public var methodSettings: [String: Settings] = [:]
  /// The folder in which the checkpoints' folders lie.
  public var folder: String
  /// Told of each line of metrics, on the thread that trains.
  public var report: @Sendable (Progress) -> Void = { _ in }
  private let windows = SharedWindows()

  /// Creates a trainer that leaves its checkpoints in a folder.
  public init(_ configurations: [String: TrainingConfiguration], checkpoints folder: String) {
    self.configurations = configurations
    self.folder = folder
  }

  /// The configuration of a cell: how it is trained and how it samples.
  ///
  /// - Throws: `DiffusionError` for an unknown method or backbone, with the known ones, or a sampler
  ///   that cannot be; ``EvaluationError/missing(what:where:)`` for an environment without a
  ///   configuration; and what `Settings.applied(to:source:)` throws at swept settings.
  public func configuration(of cell: BenchmarkCell) throws -> TrainingConfiguration {
    guard var configuration = configurations[cell.environment] else {
      throw EvaluationError.missing(
        what: "training configuration", where: "the environment '\(cell.environment)'")
    }
    let method = try MethodKind(named: cell.method)
    configuration.policy.method = method
    configuration.policy.backbone.kind = try BackboneKind(named: cell.backbone)
    configuration.seed = cell.seed
    if let special = methodSettings[cell.method] {
      if method.trained != method,
        let other = special.leaves.first(where: { !Self.isSampling($0.path) })
      {
        throw EvaluationError.badSetting(
          name: "\(other.path) of \(cell.method)", value: "\(other.value)",
          expected: "a setting of policy.sampler: \(method.trained.rawValue) is trained for it")
      }
      configuration = try special.applied(to: configuration, source: "settings of \(cell.method)")
    }
    for (setting, value) in cell.variant.values.sorted(by: { $0.key < $1.key }) {
      configuration = try Settings(path: setting, value).applied(
        to: configuration, source: "the sweep of \(setting)")
    }
    guard method.isDiffusion else {
      // What a baseline would ignore is no part of its configuration.
      configuration.policy.sampler = PolicyConfiguration().sampler
      configuration.policy.observationDropout = 0
      return configuration
    }
    let policy = configuration.policy
    let sampler = method.sampler(policy.sampler)
    _ = try sampler.plan(
      for: NoiseProcess(NoiseSchedule(policy.schedule)), prediction: policy.prediction)
    guard sampler.guidance == 0 || policy.observationDropout > 0 else {
      throw EvaluationError.badSetting(
        name: "policy.sampler.guidance", value: "\(sampler.guidance)",
        expected: "0, or training with policy.observation_dropout above 0")
    }
    configuration.policy.sampler = sampler
    return configuration
  }

  /// The cell's configuration as JSON.
  public func settings(of cell: BenchmarkCell, in task: BenchmarkTask) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let configuration = try configuration(of: cell)
    try configuration.validate()
    return String(decoding: try encoder.encode(configuration), as: UTF8.self)
  }

  /// The training that serves a cell: the cell without what concerns sampling alone.
  func training(of cell: BenchmarkCell) throws -> BenchmarkCell {
    var training = cell
    training.method = try MethodKind(named: cell.method).trained.rawValue
    training.variant = cell.variant.filter { !Self.isSampling($0) }
    return training
  }

  /// The name of the training's checkpoint folder.
  public func trainingName(of cell: BenchmarkCell) throws -> String {
    try training(of: cell).fileStem
  }

  /// Whether a method has the setting: what belongs to noise concerns diffusion alone.
  public func concerns(_ setting: String, method: String) throws -> Bool {
    let noise = ["sampler", "schedule", "prediction", "lossweighting", "observationdropout"]
    if noise.contains(where: { Self.isSetting(setting, under: "policy." + $0) }) {
      return try MethodKind(named: method).isDiffusion
    }
    let others = ["clusters": "kmeans", "bins": "discretised", "energy": "ebm"]
    let owner = others.first { Self.isSetting(setting, under: "policy." + $0.key) }
    return owner.map { method.hasPrefix($0.value) } ?? true
  }

  private static func isSampling(_ setting: String) -> Bool {
    isSetting(setting, under: "policy.sampler")
  }

  private static func isSetting(_ setting: String, under group: String) -> Bool {
    let name = setting.lowercased().filter { $0 != "_" }
    return name == group || name.hasPrefix(group + ".")
  }

  /// Trains a cell, continues its training, or loads it.
  ///
  /// - Throws: ``EvaluationError/stopped(during:)`` where it was asked to stop, and what reading
  ///   demonstrations, training and checkpoints throw.
  public func agentFactory(
    of cell: BenchmarkCell, in task: BenchmarkTask, threads: Int = Trainer.defaultThreads,
    shouldStop: @escaping @Sendable () -> Bool = { false }
  ) throws -> @Sendable () throws -> any Agent {
    let training = try training(of: cell)
    let configuration = try configuration(of: training)
    let path = "\(folder)/\(training.fileStem)"
    let checkpoint: Checkpoint
    if let earlier = finished(path, configuration, task) {
      checkpoint = earlier
    } else {
      try configuration.validate()
      let (windows, store) = try windows.windows(of: task, for: configuration)
      let trainer = try Trainer(configuration, windows: windows, of: store, threads: threads)
      try train(cell, trainer, in: task, output: path, shouldStop: shouldStop)
      checkpoint = trainer.checkpoint
    }
    let sampler = try self.configuration(of: cell).policy.sampler
    let agents = PolicyAgents(checkpoint, sampler: sampler, capacity: 50)
    let policy = try agents.make()
    try policy.checkFits(task.description)
    return { try agents.make() }
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
    _ cell: BenchmarkCell, _ trainer: Trainer, in task: BenchmarkTask, output path: String,
    shouldStop: () -> Bool
  ) throws {
    let configuration = trainer.training.configuration
    var resumes = false
    if FileManager.default.fileExists(atPath: path) {
      let earlier = try? Checkpoint(contentsOf: path)
      resumes = earlier.map { belongs($0, configuration, task) } ?? false
      if !resumes { try FileManager.default.removeItem(atPath: path) }
    }
    let outcome = try trainer.run(
      output: path, resume: resumes, shouldStop: shouldStop
    ) { line in
      report(
        Progress(cell: cell, step: line.step, steps: configuration.steps, loss: line.loss))
    }
    guard outcome == .finished else { throw EvaluationError.stopped(during: "training \(cell)") }
  }
}
