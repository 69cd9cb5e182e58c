import EnvironmentInterface
import Imitation

/// The rows of one environment as cells of text: the form that all renderers share.
struct BenchmarkTable {
  /// One value of the table.
  struct Cell {
    var text: String
    /// Whether it is the best of its column among the rows that are not demonstrations.
    var isBest: Bool
    /// Whether it cannot be told from the best: Student's 95 % interval of the differences over
    /// the seeds holds 0.
    var isLevel = false
  }

  let environment: String
  /// The swept settings, which have a column each.
  let settings: [String]
  let metrics: [MetricDefinition]
  let labels: [String]
  /// rows × settings.
  let values: [[String]]
  /// rows × metrics.
  let cells: [[Cell]]

  /// A table for each environment, in the order in which they first appear.
  static func tables(of results: BenchmarkResults) -> [BenchmarkTable] {
    var names: [String] = []
    for row in results.rows where !names.contains(row.environment) { names.append(row.environment) }
    return names.map { name in
      BenchmarkTable(
        environment: name, metrics: results.metrics,
        rows: results.rows.filter { $0.environment == name })
    }
  }

  init(environment: String, metrics: [MetricDefinition], rows: [BenchmarkRow]) {
    self.environment = environment
    let metrics = metrics.filter { metric in rows.contains { $0.metrics[metric.key] != nil } }
    let settings = Set(rows.flatMap(\.variant.values.keys)).sorted()
    self.metrics = metrics
    self.settings = settings
    labels = rows.map(\.label)
    values = rows.map { row in settings.map { row.variant.text(of: $0) } }
    let best = metrics.map { Self.best(of: $0, among: rows.filter { !$0.isDemonstrations }) }
    cells = rows.map { row in
      zip(metrics, best).map { metric, best in
        guard let summary = row.metrics[metric.key] else { return Cell(text: "–", isBest: false) }
        return Cell(
          text: summary.text(decimals: metric.decimals),
          isBest: summary.mean == best && !row.isDemonstrations,
          isLevel: row.differences[metric.key]?.interval.map { $0.low <= 0 && $0.high >= 0 }
            ?? false)
      }
    }
  }

  /// The best mean of a metric; nil where all are alike or there is only one, since nothing is best
  /// without something to be better than.
  private static func best(of metric: MetricDefinition, among rows: [BenchmarkRow]) -> Double? {
    let values = rows.compactMap { $0.metrics[metric.key]?.mean }
    guard let low = values.min(), let high = values.max(), low < high else { return nil }
    return metric.direction == .up ? high : low
  }

  /// Whether any value cannot be told from the best.
  var hasLevel: Bool { cells.contains { $0.contains(where: \.isLevel) } }

  /// The titles of the columns of settings.
  var settingTitles: [String] { settings.map(Variant.shortName) }
}
