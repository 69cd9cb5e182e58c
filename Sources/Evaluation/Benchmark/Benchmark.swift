import Demonstrations
import DurableFiles
import EnvironmentInterface
import Foundation

/// Environments × methods × backbones × swept settings × seeds: trained, rolled out and measured.
///
/// Cells are computed side by side, and each is written to a file of its own when it is done; a
/// benchmark that was killed goes on at the first missing one. A cell that was computed under other
/// conditions (other demonstrations, settings or version) is recomputed. Cells that differ in
/// how they sample alone share a training. A cell that fails takes no other along.
public struct Benchmark: Sendable {
  /// What happens while it runs.
  public enum Event: Sendable, Hashable {
    /// A cell is taken from an earlier run.
    case reused(BenchmarkCell)
    /// Another process computes a cell, and is waited for.
    case waiting(BenchmarkCell, owner: String)
    /// A cell's training begins, or is loaded.
    case training(BenchmarkCell)
    /// Rollouts of a cell have finished.
    case rolledOut(BenchmarkCell, episodes: Int, of: Int)
    /// A cell is done.
    case finished(BenchmarkCell, metrics: [String: Double])
    /// A cell could not be computed; the others go on.
    case failed(BenchmarkCell, reason: String)
    /// A file of results or a picture has been written.
    case wrote(path: String)
  }

  /// What is compared and how.
  public var configuration: BenchmarkConfiguration
  /// The environments with their demonstrations.
  public var tasks: [BenchmarkTask]
  /// The package's version, for the protocol.
  public var packageVersion: String
  /// How many cells are computed side by side; it changes nothing but the time.
  public var jobs = OrderedWork.defaultThreads
  /// How many threads all of them share; it changes nothing but the time.
  public var threads = OrderedWork.defaultThreads
  /// Asked often, on several threads; true saves the trainings that are going on and stops.
  public var shouldStop: @Sendable () -> Bool = { false }
  /// First lines of the protocol: who runs it, where and when.
  public var circumstances: [BenchmarkProtocol.Entry] = []

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
  ///   - report: Called with what happens, on any thread but one at a time; what it throws stops
  ///     the benchmark, which can be run again later to go on.
  /// - Returns: The results, as they also stand in `results.json`; cells that failed are among
  ///   their ``BenchmarkResults/failures``.
  /// - Throws: ``EvaluationError/stopped(during:)`` where ``shouldStop`` asked for it,
  ///   ``EvaluationError`` for impossible settings or files, what training, agents,
  ///   environments and metrics throw where no cell can be computed, and what `report` throws.
  @discardableResult
  public func run(
    trainer: some CellTrainer, output path: String,
    report: @escaping @Sendable (Event) throws -> Void = { _ in }
  ) throws -> BenchmarkResults {
    let definitions = try checked(trainer)
    let folder = try OutputFolder(creating: path)
    let lock = try folder.lock()
    defer { lock.release() }
    try SharedWork.clear(folder)
    trainer.clearLeftovers()
    guard let (outcome, plans) = try outcome(trainer, definitions, folder, report: report) else {
      throw EvaluationError.stopped(during: "computing cells")
    }
    return try write(outcome, of: plans, trainer, definitions, to: folder, report: report)
  }

  /// Checks the settings of everything, before the first cell is computed.
  ///
  /// - Returns: The metrics.
  func checked(_ trainer: some CellTrainer) throws -> [MetricDefinition] {
    try configuration.check()
    for (name, value) in [("jobs", jobs), ("threads", threads)] where value < 1 {
      throw EvaluationError.badSetting(name: name, value: "\(value)", expected: "at least 1")
    }
    _ = try cells(trainer: trainer)
    return try Metric.definitions(of: tasks)
  }

  /// Computes what is missing, or this process's part of it.
  ///
  /// - Returns: What came of the cells, and which they are; nil where settings cannot be chosen
  ///   yet, as others still compare them.
  func outcome<Trainer: CellTrainer>(
    _ trainer: Trainer, _ definitions: [MetricDefinition], _ folder: OutputFolder,
    shared: SharedWork? = nil, report: @escaping @Sendable (Event) throws -> Void
  ) throws -> (BenchmarkRun<Trainer>.Outcome, [CellPlan])? {
    try folder.write(configuration)
    guard
      let chosen = try chosen(
        trainer: trainer, metrics: definitions, output: folder.path, shared: shared, report: report)
    else { return nil }
    let plans = try tasks.flatMap { try cellPlans(of: $0, trainer: trainer, chosen: chosen) }
    let run = BenchmarkRun(
      benchmark: self, trainer: trainer, folder: folder, plans: plans, shared: shared,
      stage: .cells, report: report)
    return (try run.outcomes(), plans)
  }

  /// Writes table, page and pictures.
  func write<Trainer: CellTrainer>(
    _ outcome: BenchmarkRun<Trainer>.Outcome, of plans: [CellPlan], _ trainer: Trainer,
    _ definitions: [MetricDefinition], to folder: OutputFolder,
    report: @escaping @Sendable (Event) throws -> Void
  ) throws -> BenchmarkResults {
    let results = try BenchmarkResults(
      protocol: statedProtocol(trainer: trainer, cells: plans.map(\.cell), outcome.reports),
      metrics: definitions,
      rows: Self.rows(of: plans.map(\.cell), outcome.reports, definitions),
      failures: outcome.failures)
    for path in try folder.write(results) { try report(.wrote(path: path)) }
    let page = try BenchmarkReport(contentsOf: folder.path) { description in
      guard let task = tasks.first(where: { $0.name == description.name }) else {
        throw EvaluationError.missing(
          what: "environment '\(description.name)'", where: "the benchmark")
      }
      return try task.makeEnvironment()
    }
    for path in try page.write() { try report(.wrote(path: path)) }
    return results
  }
}
