import Drawing
import EnvironmentInterface
import Imitation
import Naming

/// The plots of one sweep: every metric against the value, and every quality against the time of a
/// decision.
struct SweepPlots {
  private static let time = Metric.decisionMilliseconds.key

  let environment: String
  /// The rows of the environment.
  let rows: [BenchmarkRow]
  let sweep: Sweep
  /// The metrics of the results.
  let metrics: [MetricDefinition]

  /// The pictures, with the ends of their names; none where no method has the setting.
  func canvases() throws -> [(name: String, canvas: Canvas)] {
    let swept = rows.filter { $0.variant.values[sweep.setting] != nil && !$0.metrics.isEmpty }
    let metrics = metrics.filter { metric in
      swept.contains { $0.metrics[metric.key] != nil } && isWorthPlotting(metric)
    }
    guard !swept.isEmpty, !metrics.isEmpty else { return [] }
    let short = Variant.shortName(sweep.setting)
    let byValue = PlotGrid(
      title: "\(environment): \(short)",
      plots: metrics.map { metric in
        var plot = LinePlot(
          title: metric.heading, xLabel: valuesAxis.label, yLabel: metric.title,
          lines: lines { row, x in row.metrics[metric.key].map { (x, $0.mean, $0.standardError) } })
        if !isNumeric { plot.xNames = valuesAxis.names }
        return plot
      })
    let name = "sweep-\(sweep.setting)".asFileName
    var canvases = [(name: name, canvas: try byValue.canvas())]
    let qualities = metrics.filter { $0.key != Self.time }
    if qualities.count < metrics.count, !qualities.isEmpty {
      let byTime = PlotGrid(
        title: "\(environment): \(short), by the time of a decision",
        plots: qualities.map { metric in
          LinePlot(
            title: metric.heading, xLabel: "milliseconds a decision", yLabel: metric.title,
            lines: lines(references: false) { row, _ in
              guard let time = row.metrics[Self.time] else { return nil }
              return row.metrics[metric.key].map { (time.mean, $0.mean, $0.standardError) }
            })
        })
      canvases.append((name: name + "-milliseconds", canvas: try byTime.canvas()))
    }
    return canvases
  }

  /// Whether anything can be seen: a metric that is the same in all rows is left out.
  private func isWorthPlotting(_ metric: MetricDefinition) -> Bool {
    let values = rows.filter { !$0.isDemonstrations }.compactMap { $0.metrics[metric.key]?.mean }
    return Set(values).count > 1
  }

  /// What stands under the axis of values: of groups of settings the numbers alone, with the
  /// settings' names in the label.
  private var valuesAxis: (label: String, names: [String]) {
    let short = Variant.shortName(sweep.setting)
    let groups = sweep.values.compactMap { value -> [String: Settings.Value]? in
      if case .group(let values) = value { values } else { nil }
    }
    let keys = groups.first?.keys.sorted() ?? []
    guard groups.count == sweep.values.count, groups.allSatisfy({ $0.keys.sorted() == keys })
    else { return (short, sweep.values.map(\.description)) }
    let names = groups.map { group in
      keys.map { group[$0]?.description ?? "" }.joined(separator: "/")
    }
    return ("\(short): \(keys.joined(separator: "/"))", names)
  }

  /// Whether values stand at their number: those that go over decades stand one after another.
  private var isNumeric: Bool {
    let numbers = sweep.values.compactMap(\.number)
    guard numbers.count == sweep.values.count, let low = numbers.min(), let high = numbers.max()
    else { return false }
    return low <= 0 || high <= 50 * low
  }

  /// Where the values stand: at their number, or one after another.
  private var places: [(value: Settings.Value, x: Double)] {
    sweep.values.enumerated().map { ($1, isNumeric ? $1.number ?? 0 : Double($0)) }
  }

  /// A line for each method, network and setting of the other sweeps; methods without the setting
  /// are level lines, if they are wanted.
  private func lines(
    references: Bool = true,
    _ point: (BenchmarkRow, Double) -> (x: Double, y: Double, error: Double?)?
  ) -> [LinePlot.Line] {
    var lines: [LinePlot.Line] = []
    func add(_ name: String, _ row: BenchmarkRow, at x: Double) {
      guard let p = point(row, x) else { return }
      let new = LinePlot.Point(p.x, p.y, error: p.error)
      if let index = lines.firstIndex(where: { $0.name == name }) {
        lines[index].points.append(new)
      } else {
        lines.append(.init(name, points: [new]))
      }
    }
    for place in places {
      let variant = Variant([sweep.setting: place.value])
      for row in rows
      where row.variant.values[sweep.setting] == variant.values[sweep.setting] {
        let others = row.variant.filter { $0 != sweep.setting }.label
        add(others.isEmpty ? row.label : "\(row.label), \(others)", row, at: place.x)
      }
    }
    let ends = places.map(\.x)
    guard references, let low = ends.min(), let high = ends.max() else { return lines }
    for row in rows where !row.isDemonstrations && row.variant.isEmpty {
      for x in [low, high] { add(row.label, row, at: x) }
    }
    return lines
  }
}
