import Foundation

/// Environments × methods × backbones × seeds, each trained, rolled out and measured.
///
/// Each cell (one training) is written to a file of its own when it is done; a benchmark that was
/// killed goes on at the first missing one. A cell that was computed under other conditions (other
/// demonstrations, settings or version) is computed anew.
public struct Benchmark: Sendable {
  /// What happens while it runs.
  public enum Event: Sendable, Hashable {
    /// A cell is taken from an earlier run.
    case reused(BenchmarkCell)
    /// A cell's training begins.
    case training(BenchmarkCell)
    /// Rollouts of a cell have finished.
    case rolledOut(BenchmarkCell, episodes: Int, of: Int)
    /// A cell is done.
    case finished(BenchmarkCell, metrics: [String: Double])
    /// A file of results or a picture has been written.
    case wrote(path: String)
  }

  /// What is compared and how.
  public var configuration: BenchmarkConfiguration
  /// The environments with their demonstrations.
  public var tasks: [BenchmarkTask]
  /// The package's version, for the protocol.
  public var packageVersion: String

  /// Creates a benchmark.
  public init(
    _ configuration: BenchmarkConfiguration, tasks: [BenchmarkTask], packageVersion: String
  ) {
    self.configuration = configuration
    self.tasks = tasks
    self.packageVersion = packageVersion
  }

  /// Runs what is not there yet, and writes results and pictures.
  ///
  /// - Parameters:
  ///   - trainer: What trains agents.
  ///   - path: The folder for the results; it is made if need be.
  ///   - report: Called with what happens; what it throws stops the benchmark, which can be run
  ///     again later to go on.
  /// - Returns: The results, as they also stand in `results.json`.
  /// - Throws: ``EvaluationError`` for impossible settings or files, and what training, agents,
  ///   environments and metrics throw.
  @discardableResult
  public func run(
    trainer: some CellTrainer, output path: String, report: (Event) throws -> Void = { _ in }
  ) throws -> BenchmarkResults {
    try configuration.check()
    let folder = try OutputFolder(creating: path)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try folder.write(encoder.encode(configuration), to: "configuration.json")
    var reports: [CellReport] = []
    for task in tasks {
      for cell in cells(of: task) {
        try reports.append(measured(cell, of: task, trainer: trainer, in: folder, report: report))
      }
    }
    let results = try BenchmarkResults(
      protocol: statedProtocol(trainer: trainer, reports: reports), rows: rows(of: reports))
    let files = try [
      ("results.json", results.json()), ("results.md", Data(results.markdown().utf8)),
      ("results.csv", Data(results.csv().utf8)),
    ]
    for (name, data) in files {
      try folder.write(data, to: name)
      try report(.wrote(path: folder.file(name)))
    }
    for task in tasks {
      let own = reports.filter { $0.cell.environment == task.name }
      let pictures = BenchmarkPictures(
        task: task, reports: own, configuration: configuration)
      for path in try pictures.write(to: folder) { try report(.wrote(path: path)) }
    }
    return results
  }

  /// The cells of an environment: methods × backbones × seeds, then the demonstrations.
  private func cells(of task: BenchmarkTask) -> [BenchmarkCell] {
    let columns =
      configuration.methods.flatMap { method in configuration.backbones.map { (method, $0) } }
      + [(BenchmarkRow.demonstrations, "-")]
    return columns.flatMap { method, backbone in
      (0..<configuration.seeds).map { seed in
        BenchmarkCell(
          environment: task.name, method: method, backbone: backbone, seed: UInt64(seed))
      }
    }
  }

  private func measured(
    _ cell: BenchmarkCell, of task: BenchmarkTask, trainer: some CellTrainer,
    in folder: OutputFolder, report: (Event) throws -> Void
  ) throws -> CellReport {
    let conditions = try conditions(of: cell, in: task, trainer: trainer)
    if let earlier = folder.report(of: cell, conditions: conditions) {
      try report(.reused(cell))
      return earlier
    }
    let evaluation = CellEvaluation(configuration: configuration, task: task, cell: cell)
    let result: CellReport
    if cell.isDemonstrations {
      result = try evaluation.demonstrationsReport(conditions: conditions)
    } else {
      try report(.training(cell))
      let makeAgent = try trainer.agentFactory(of: cell, in: task)
      result = try evaluation.report(of: makeAgent, conditions: conditions) {
        try report(.rolledOut(cell, episodes: $0, of: configuration.episodes))
      }
    }
    try folder.write(result)
    try report(.finished(cell, metrics: result.metrics))
    return result
  }

  /// Everything that decides a cell's numbers.
  ///
  /// Other methods, backbones and the number of seeds do
  /// not, so that a benchmark can be widened without starting over.
  private func conditions(
    of cell: BenchmarkCell, in task: BenchmarkTask, trainer: some CellTrainer
  ) throws -> [String: String] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return [
      "demonstrations": task.digest,
      "environment": String(decoding: try encoder.encode(task.description), as: UTF8.self),
      "episodes": "\(configuration.episodes)",
      "rollout_seed": "\(configuration.rolloutSeed)",
      "decisions": "\(configuration.decisionObservations) × \(configuration.decisionDraws)",
      "metric_seed": "\(configuration.metricSeed)",
      "package_version": packageVersion,
      "training": cell.isDemonstrations ? "" : try trainer.settings(of: cell, in: task),
    ]
  }
}
