import Demonstrations
import Diffusion
import Foundation
public import Imitation
import Naming
import Neural

/// Trains the cells of a benchmark, each training into a checkpoint folder of its own.
///
/// Cells that differ alone in how they sample, or in how many actions they execute, share a
/// training. A folder that holds the finished training of the same configuration and demonstrations
/// is used as it is; one that holds part of it is continued; any other is replaced.
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
  /// Settings that are laid over the configurations, by the environment's name: those of a method
  /// or a backbone in the cells that have it.
  public var settings: [String: Settings] = [:]
  /// What is special about some methods, by their names, laid over that.
  public var methodSettings: [String: Settings] = [:]
  /// The folder in which the checkpoints' folders lie.
  public var folder: String
  /// Told of each line of metrics, on the thread that trains.
  public var report: @Sendable (Progress) -> Void = { _ in }
  /// The methods and networks from which cells choose.
  public var parts: PolicyParts
  private let windows = SharedWindows()

  /// Creates a trainer that leaves its checkpoints in a folder.
  public init(
    _ configurations: [String: TrainingConfiguration], checkpoints folder: String,
    parts: PolicyParts = .standard
  ) {
    self.parts = parts
    self.configurations = configurations
    self.folder = folder
  }

  /// The configuration of a cell: how it is trained and how it samples.
  ///
  /// - Throws: `UnknownName` for an unknown method or backbone, with the known ones,
  ///   `DiffusionError` for a sampler that cannot be, ``EvaluationError/missing(what:where:)`` for
  ///   an environment without a configuration, and what `Settings.applied(to:source:parts:)`
  ///   throws.
  public func configuration(of cell: BenchmarkCell) throws -> TrainingConfiguration {
    guard var configuration = configurations[cell.environment] else {
      throw EvaluationError.missing(
        what: "training configuration", where: "the environment '\(cell.environment)'")
    }
    let (method, backbone) = (
      try parts.methods.method(named: cell.method),
      try parts.backbones.backbone(named: cell.backbone)
    )
    if configuration.policy.method.name != method.name { configuration.policy.method = method }
    if configuration.policy.backbone.name != backbone.name {
      configuration.policy.backbone = backbone
    }
    configuration.seed = cell.seed
    func lay(_ settings: Settings, _ source: String) throws {
      let own = try settings.concerning(cell, parts)
      configuration = try own.applied(to: configuration, source: source, parts: parts)
    }
    if let settings = settings[cell.environment] { try lay(settings, "the settings") }
    if let special = methodSettings[cell.method] {
      try refuseTraining(by: special, method)
      try lay(special, "settings of \(cell.method)")
    }
    for (setting, value) in cell.variant.values.sorted(by: { $0.key < $1.key }) {
      try lay(Settings(path: setting, value), "the sweep of \(setting)")
    }
    try configuration.policy.method.validate()
    return configuration
  }

  /// Refuses settings of training for a method that another's training serves.
  private func refuseTraining(by settings: Settings, _ method: any Method) throws {
    guard method.trained.name != method.name,
      let other = settings.leaves.first(where: { !isActing($0.path) })
    else { return }
    throw EvaluationError.badSetting(
      name: "\(other.path) of \(method.name)", value: "\(other.value)",
      expected: "a setting of policy.sampler: \(method.trained.name) is trained for it")
  }

  /// The cell's configuration as JSON.
  public func settings(of cell: BenchmarkCell, in task: BenchmarkTask) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let configuration = try configuration(of: cell)
    try configuration.validate()
    try task.checkShows(configuration.policy.observations ?? [])
    return String(decoding: try encoder.encode(configuration), as: UTF8.self)
  }

  /// The training that serves a cell: the cell without what concerns acting alone.
  func training(of cell: BenchmarkCell) throws -> BenchmarkCell {
    var training = cell
    training.method = try parts.methods.method(named: cell.method).trained.name
    training.variant = cell.variant.filter { !isActing($0) }
    return training
  }

  /// The name of the training's checkpoint folder.
  public func trainingName(of cell: BenchmarkCell) throws -> String {
    try training(of: cell).fileStem
  }

  /// Whether a setting means anything for a cell: those of a method or a network concern the cells
  /// that have it.
  public func concerns(_ setting: String, method: String, backbone: String) throws -> Bool {
    try parts.concerns(setting, method: method, backbone: backbone)
  }

  /// Whether a setting is one of how a policy acts, which no training depends on: how a method
  /// samples, and how many actions are executed.
  private func isActing(_ setting: String) -> Bool {
    if setting.lowercased() == "policy.horizons.action" { return true }
    var names = setting.lowercased().split(separator: ".").map(String.init).dropFirst()
    if names.first == "method" { names.removeFirst() }
    if let name = names.first, parts.methods.names.contains(name) { names.removeFirst() }
    return names.first == "sampler"
  }

  /// Removes the hidden parts of checkpoints that a kill left unfinished.
  public func clearLeftovers() { CheckpointFolder.clearLeftovers(in: folder) }

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
      let trainer = try Trainer(
        configuration, windows: windows, of: store, wholeDigest: task.digest, threads: threads)
      try train(cell, trainer, in: task, output: path, shouldStop: shouldStop)
      checkpoint = trainer.checkpoint
    }
    let acting = try self.configuration(of: cell).policy
    let agents = PolicyAgents(
      try checkpoint.executing(acting.horizons.action), sampler: acting.method.sampling,
      capacity: 50)
    let policy = try agents.make()
    try policy.checkFits(task.description)
    return { try agents.make() }
  }

  /// A checkpoint that is just what training would make, if it is there.
  private func finished(
    _ path: String, _ configuration: TrainingConfiguration, _ task: BenchmarkTask
  ) -> Checkpoint? {
    guard let checkpoint = try? Checkpoint(contentsOf: path, parts: parts),
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
      let earlier = try? Checkpoint(contentsOf: path, parts: parts)
      resumes = earlier.map { belongs($0, configuration, task) } ?? false
      if !resumes { try FileManager.default.removeItem(atPath: path) }
    }
    let outcome = try trainer.run(
      output: path, resume: resumes,
      report: {
        report(Progress(cell: cell, step: $0.step, steps: configuration.steps, loss: $0.loss))
      }, shouldStop: shouldStop)
    guard outcome == .finished else { throw EvaluationError.stopped(during: "training \(cell)") }
  }
}

extension Settings {
  /// Those of the settings that mean anything for a cell.
  fileprivate func concerning(_ cell: BenchmarkCell, _ parts: PolicyParts) throws -> Settings {
    try leaves.reduce(Settings()) { settings, leaf in
      let concerns = try parts.concerns(
        leaf.path, method: cell.method, backbone: cell.backbone)
      return concerns ? settings.merging(Settings(path: leaf.path, leaf.value)) : settings
    }
  }
}
