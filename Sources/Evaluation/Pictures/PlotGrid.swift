public import Drawing
import EnvironmentInterface

/// Several plots of the same lines on one canvas, with one legend.
public struct PlotGrid: Sendable {
  private static let lineHeight = 24.0

  /// What stands above.
  public var title: String
  /// The plots; lines of the same name have the same colour in all of them.
  public var plots: [LinePlot]
  /// How many plots stand side by side.
  public var columns = 3
  /// The size of a plot in pixels.
  public var plotWidth = 420, plotHeight = 300

  /// Creates a grid.
  public init(title: String, plots: [LinePlot]) {
    self.title = title
    self.plots = plots
  }

  /// Draws the plots.
  ///
  /// - Returns: The picture.
  /// - Throws: ``EvaluationError/missing(what:where:)`` where a plot has no point, and
  ///   ``/Drawing/DrawingError`` for an impossible size.
  public func canvas() throws -> Canvas {
    let columns = max(1, min(columns, plots.count))
    let rows = (plots.count + columns - 1) / columns
    let names = legendNames
    let width = Double(columns * plotWidth)
    let legend = try legendRows(names, width: width - 60)
    let top = 50 + Double(legend.count) * Self.lineHeight + 8
    let canvas = try Canvas(
      width: Int(width), height: Int(top) + max(rows, 1) * plotHeight, background: Palette.paper,
      keepsVectors: true)
    canvas.text(
      title, at: .init(30, 26), size: canvas.fittingSize(20, of: title, in: width - 60, bold: true),
      anchor: .left, bold: true, color: Palette.ink)
    for (row, own) in legend.enumerated() {
      var left = 30.0
      let height = 50 + (Double(row) + 0.5) * Self.lineHeight
      for index in own {
        let color = Palette.series[index % Palette.series.count]
        canvas.draw(
          Scene.Shape(
            .line([.init(left, height), .init(left + 20, height)]), stroke: color, strokeWidth: 3))
        canvas.text(
          names[index], at: .init(left + 28, height), size: 14, anchor: .left, color: Palette.ink)
        left += Self.legendWidth(names[index], on: canvas)
      }
    }
    for (index, plot) in plots.enumerated() {
      let place = Rectangle(
        x: Double(index % columns * plotWidth), y: top + Double(index / columns * plotHeight),
        width: Double(plotWidth), height: Double(plotHeight))
      try plot.draw(on: canvas, in: place) { names.firstIndex(of: $0) ?? 0 }
    }
    return canvas
  }

  private var legendNames: [String] {
    var names: [String] = []
    for name in plots.flatMap(\.lines).map(\.name) where !names.contains(name) {
      names.append(name)
    }
    return names
  }

  /// The names' indices, in rows that are no wider than they may be.
  private func legendRows(_ names: [String], width: Double) throws(DrawingError) -> [[Int]] {
    let canvas = try Canvas(width: 1, height: 1, background: Palette.paper)
    var rows: [[Int]] = []
    var used = width
    for (index, name) in names.enumerated() {
      let own = Self.legendWidth(name, on: canvas)
      if used + own > width || rows.isEmpty {
        rows.append([])
        used = 0
      }
      rows[rows.count - 1].append(index)
      used += own
    }
    return rows
  }

  private static func legendWidth(_ name: String, on canvas: Canvas) -> Double {
    canvas.textWidth(name, size: 14) + 28 + 26
  }
}
