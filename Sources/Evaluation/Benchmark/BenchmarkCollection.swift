import DurableFiles
public import EnvironmentInterface
import Foundation
import Imitation

/// The finished cells of one benchmark or of several, as many as there are.
///
/// A table that took hours is kept as its cells, small files without material for pictures, from
/// which table and protocol are made again at any time; nothing is trained.
public struct BenchmarkCollection {
  private var reports: [CellReport]
  /// What the benchmarks were to compare, where a folder says so.
  private var configurations: [BenchmarkConfiguration] = []

  /// Reads the cells that benchmarks left in their folders, or that were kept from them.
  ///
  /// - Parameter folders: The folders; of cells that several have, the last one's counts.
  /// - Throws: ``EvaluationError/missing(what:where:)`` for a folder without cells,
  ///   ``EvaluationError/file(path:reason:)`` for a file that is none.
  public init(_ folders: [String]) throws {
    var reports: [BenchmarkCell: CellReport] = [:]
    for folder in folders {
      let path = "\(folder)/cells"
      let cells = OutputFolder(reading: folder).cellNames
      if cells.isEmpty {
        throw EvaluationError.missing(
          what: "finished cells of a benchmark (cells/*.json); give the folder that one wrote to",
          where: folder)
      }
      for name in cells {
        let file = "\(path)/\(name)"
        guard let data = FileManager.default.contents(atPath: file),
          let report = try? JSONDecoder().decode(CellReport.self, from: data)
        else { throw EvaluationError.file(path: file, reason: "is not a cell of a benchmark") }
        reports[report.cell] = report
      }
      let settings = FileManager.default.contents(atPath: "\(folder)/configuration.json")
      if let settings,
        let read = try? JSONDecoder().decode(BenchmarkConfiguration.self, from: settings)
      {
        configurations.append(read)
      }
    }
    self.reports = reports.values.sorted { $0.cell.place < $1.cell.place }
  }

  /// Table and protocol of the cells.
  ///
  /// - Parameter makeEnvironment: Makes an environment as it is described, which knows its own
  ///   metrics.
  /// - Returns: The results.
  /// - Throws: What the environments throw, and ``EvaluationError`` for metrics that contradict
  ///   each other.
  public func results(
    environment makeEnvironment: (EnvironmentDescription) throws -> any Environment
  ) throws -> BenchmarkResults {
    var definitions: [MetricDefinition] = []
    for text in Set(reports.compactMap { $0.conditions["environment"] }).sorted() {
      let description = try JSONDecoder().decode(
        EnvironmentDescription.self, from: Data(text.utf8))
      let known = try makeEnvironment(description) as? any KnownActionDistribution
      let own = (known?.actionMetrics ?? []).map(Metric.own)
      for metric in Metric.standard(subtasks: description.subtasks.count, own: own)
      where !definitions.contains(where: { $0.key == metric.key }) {
        definitions.append(metric.definition)
      }
    }
    let rows = try Benchmark.rows(of: reports.map(\.cell), reports, definitions)
    return try BenchmarkResults(
      protocol: BenchmarkProtocol(entries: entries), metrics: definitions, rows: rows,
      failures: missing.map { .init(cell: $0, reason: "is not there yet") })
  }

  /// The cells that the benchmarks were to have, but that are not there: of rows that are, and of
  /// methods on networks of which there is no row at all.
  private var missing: [BenchmarkCell] {
    let found = Set(reports.map(\.cell))
    return configurations.flatMap { configuration in
      configuration.environments.map(\.environment).flatMap { environment in
        configuration.heads(in: environment).flatMap { head in
          let rows = found.filter { $0.withoutVariant == head }.map(\.variant)
          return (rows.isEmpty ? [Variant()] : rows).distinct.flatMap { variant in
            (0..<UInt64(configuration.seeds)).map { seed in
              BenchmarkCell(
                environment: environment, method: head.method, backbone: head.backbone,
                variant: variant, seed: seed)
            }
          }
        }
      }
    }
    .distinct.filter { !found.contains($0) }.sorted { $0.place < $1.place }
  }

  /// Writes the cells without material for pictures, and table and protocol.
  ///
  /// - Returns: The paths of table and protocol.
  /// - Throws: ``EvaluationError/file(path:reason:)``.
  public func write(_ results: BenchmarkResults, to path: String) throws -> [String] {
    let folder = try OutputFolder(creating: path)
    let lock = try folder.lock()
    defer { lock.release() }
    for var report in reports {
      report.sample = CellReport.Sample()
      try folder.write(report)
    }
    if configurations.count == 1 { try folder.write(configurations[0]) }
    return try folder.write(results)
  }

  /// What the cells of each environment have in common, and how each row was trained.
  private var entries: [BenchmarkProtocol.Entry] {
    var entries = [BenchmarkProtocol.Entry("collected", "\(reports.count) finished cells")]
    for name in reports.map(\.cell.environment).distinct {
      let own = reports.filter { $0.cell.environment == name && !$0.cell.isDemonstrations }
      for key in ["episodes", "rollout_seed", "decisions", "demonstrations", "package_version"] {
        let values = own.compactMap { $0.conditions[key] }.distinct
        entries.append(.init("\(key) of \(name)", values.joined(separator: "; ")))
      }
      for report in own where report.cell.seed == 0 {
        let words = report.cell.description.split(separator: " ").dropLast(2)
        entries.append(
          .init("training of \(words.joined(separator: " "))", report.conditions["training"] ?? ""))
      }
    }
    return entries
  }
}

extension BenchmarkCell {
  /// Where a cell stands in a table: demonstrations last, seeds in order.
  fileprivate var place: String {
    let seed = String(seed)
    let digits = String(repeating: "0", count: max(0, 20 - seed.count)) + seed
    return [environment, isDemonstrations ? "1" : "0", method, backbone, variant.label, digits]
      .joined(separator: "\u{0}")
  }
}

extension BenchmarkConfiguration {
  /// What is compared in an environment, each once: methods on networks, and the demonstrations.
  fileprivate func heads(in environment: String) -> [BenchmarkCell] {
    let pairs = methods.flatMap { method in
      backbones.filter { compares(method, $0) }.map { (method, $0) }
    }
    return (pairs + [(BenchmarkRow.demonstrations, "-")]).map {
      BenchmarkCell(environment: environment, method: $0.0, backbone: $0.1, seed: 0)
    }
  }
}

extension Array where Element: Equatable {
  fileprivate var distinct: [Element] { reduce(into: []) { if !$0.contains($1) { $0.append($1) } } }
}
