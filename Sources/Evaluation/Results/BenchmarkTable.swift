/// The rows of one environment as cells of text: the form that all renderers share.
struct BenchmarkTable {
  /// One value of the table.
  struct Cell {
    var text: String
    /// Whether it is the best of its column among the rows that are not demonstrations.
    var isBest: Bool
  }

  let environment: String
  let metrics: [Metric]
  let labels: [String]
  /// rows × metrics.
  let cells: [[Cell]]

  /// A table for each environment, in the order in which they first appear.
  static func tables(of results: BenchmarkResults) -> [BenchmarkTable] {
    var names: [String] = []
    for row in results.rows where !names.contains(row.environment) { names.append(row.environment) }
    return names.map { name in
      BenchmarkTable(environment: name, rows: results.rows.filter { $0.environment == name })
    }
  }

  init(environment: String, rows: [BenchmarkRow]) {
    self.environment = environment
    let metrics = Metric.ordered(rows.flatMap(\.metrics.keys))
    let best = metrics.map { metric -> Double? in
      let values = rows.filter { $0.method != BenchmarkRow.demonstrations }
        .compactMap { $0.metrics[metric.key]?.mean }
      // Nothing is best without something to be better than.
      guard values.count > 1 else { return nil }
      return metric.direction == .up ? values.max() : values.min()
    }
    self.metrics = metrics
    labels = rows.map(\.label)
    cells = rows.map { row in
      zip(metrics, best).map { metric, best in
        guard let summary = row.metrics[metric.key] else { return Cell(text: "–", isBest: false) }
        return Cell(
          text: summary.text(decimals: metric.decimals),
          isBest: summary.mean == best && row.method != BenchmarkRow.demonstrations)
      }
    }
  }
}
