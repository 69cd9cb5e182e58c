import EnvironmentInterface

/// Differences of rows to the best of each column, seed by seed.
///
/// Cells of one seed share demonstrations, half and starts, so their differences vary less than
/// the values themselves.
struct PairedDifferences {
  /// The values of each row's cells: row × metric × seed.
  private var values: [[String: [UInt64: Double]]]

  /// Collects the values of rows.
  init(_ rows: [BenchmarkRow], _ reports: [CellReport]) {
    values = rows.map { row in
      reports.filter { row.isOf($0.cell) }.reduce(into: [:]) { values, report in
        for (key, value) in report.metrics { values[key, default: [:]][report.cell.seed] = value }
      }
    }
  }

  /// The rows with their differences to the best row of the same environment.
  ///
  /// - Parameters:
  ///   - rows: The rows whose values were collected, with their means.
  ///   - metrics: Which values are better.
  /// - Returns: The rows; the best of a metric, demonstrations and single seeds have none.
  func added(to rows: [BenchmarkRow], _ metrics: [MetricDefinition]) -> [BenchmarkRow] {
    var result = rows
    // A clock's value differs in every run.
    for metric in metrics where metric.key != Metric.decisionMilliseconds.key {
      for (index, row) in rows.enumerated() where !row.isDemonstrations {
        let rivals = rows.indices.filter {
          rows[$0].environment == row.environment && !rows[$0].isDemonstrations
            && rows[$0].metrics[metric.key] != nil
        }
        func mean(_ index: Int) -> Double { rows[index].metrics[metric.key]?.mean ?? 0 }
        guard
          let best = rivals.max(by: {
            metric.direction == .up ? mean($0) < mean($1) : mean($0) > mean($1)
          }), best != index, let own = values[index][metric.key],
          let theirs = values[best][metric.key]
        else { continue }
        let differences = own.keys.sorted().compactMap { seed in
          theirs[seed].map { (own[seed] ?? 0) - $0 }
        }
        guard differences.count > 1 else { continue }
        result[index].differences[metric.key] = try? MetricSummary(of: differences)
      }
    }
    return result
  }
}

extension BenchmarkRow {
  /// Whether a cell is one of its trainings.
  fileprivate func isOf(_ cell: BenchmarkCell) -> Bool {
    environment == cell.environment && method == cell.method && backbone == cell.backbone
      && variant == cell.variant
  }
}
