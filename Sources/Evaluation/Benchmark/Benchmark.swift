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
    try configuration.check()
    for (name, value) in [("jobs", jobs), ("threads", threads)] where value < 1 {
      throw EvaluationError.badSetting(name: name, value: "\(value)", expected: "at least 1")
    }
    _ = try cells(trainer: trainer)
    let definitions = try Metric.definitions(of: tasks)
    let folder = try OutputFolder(creating: path)
    let lock = try folder.lock()
    defer { lock.release() }
    trainer.clearLeftovers()
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try folder.write(encoder.encode(configuration), to: "configuration.json")
    let chosen = try chosen(
      trainer: trainer, metrics: definitions, output: path, report: report)
    let plans = try tasks.flatMap { try cellPlans(of: $0, trainer: trainer, chosen: chosen) }
    let run = BenchmarkRun(
      benchmark: self, trainer: trainer, folder: folder, plans: plans, report: report)
    let outcome = try run.outcomes()
    let results = try BenchmarkResults(
      protocol: statedProtocol(trainer: trainer, cells: plans.map(\.cell), outcome.reports),
      metrics: definitions,
      rows: Self.rows(of: plans.map(\.cell), outcome.reports, definitions),
      failures: outcome.failures)
    for path in try folder.write(results) { try report(.wrote(path: path)) }
    let page = try BenchmarkReport(contentsOf: path) { description in
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
