public import Drawing
import EnvironmentInterface

/// Lines over two axes, such as a learning curve or a sweep.
public struct LinePlot: Sendable {
  /// One line.
  public struct Line: Sendable {
    /// Its name in the legend.
    public var name: String
    /// The points; those that are not finite are left out.
    public var points: [Point]

    /// Creates a line.
    public init(_ name: String, points: [Point]) {
      self.name = name
      self.points = points
    }
  }

  /// A point, with an error bar if it has one.
  public struct Point: Sendable {
    /// The coordinates.
    public var x, y: Double
    /// Half the height of the error band.
    public var error: Double?

    /// Creates a point.
    public init(_ x: Double, _ y: Double, error: Double? = nil) {
      self.x = x
      self.y = y
      self.error = error
    }

    var isFinite: Bool { x.isFinite && y.isFinite && (error ?? 0).isFinite }
  }

  /// What stands above.
  public var title: String
  /// What the axes are.
  public var xLabel, yLabel: String
  /// The lines, drawn first to last.
  public var lines: [Line]
  /// The size in pixels.
  public var width = 760, height = 460

  /// Creates a plot.
  public init(title: String, xLabel: String, yLabel: String, lines: [Line]) {
    self.title = title
    self.xLabel = xLabel
    self.yLabel = yLabel
    self.lines = lines
  }

  /// Draws the plot.
  ///
  /// - Returns: The picture.
  /// - Throws: ``EvaluationError/missing(what:where:)`` where no line has a point, and
  ///   ``DrawingError`` for an impossible size.
  public func canvas() throws -> Canvas {
    let points = lines.flatMap(\.points).filter(\.isFinite)
    guard
      let x = PlotAxis(spanning: points.map(\.x), isTight: true),
      let y = PlotAxis(
        spanning: points.flatMap { [$0.y - ($0.error ?? 0), $0.y + ($0.error ?? 0)] })
    else { throw EvaluationError.missing(what: "finite point", where: "the plot '\(title)'") }
    let canvas = try Canvas(width: width, height: height, background: Palette.paper)
    let labels = y.ticks.map { canvas.textWidth(y.text($0), size: 12) }.max() ?? 0
    let frame = Rectangle(
      x: 48 + labels, y: 56, width: Double(width) - 48 - labels - 24,
      height: Double(height) - 56 - 62)
    let pixel = { (p: Point) in
      Scene.Point(
        frame.x + x.fraction(p.x) * frame.width, frame.bottom - y.fraction(p.y) * frame.height)
    }
    drawAxes(x, y, frame: frame, on: canvas)
    for (index, line) in lines.enumerated() {
      draw(
        line.points.filter(\.isFinite), color: Palette.series[index % Palette.series.count],
        at: pixel, on: canvas)
    }
    drawLegend(frame: frame, on: canvas)
    return canvas
  }

  private func drawAxes(_ x: PlotAxis, _ y: PlotAxis, frame: Rectangle, on canvas: Canvas) {
    canvas.text(
      title, at: .init(frame.x, 28), size: 17, anchor: .left, bold: true, color: Palette.ink)
    for tick in y.ticks {
      let height = frame.bottom - y.fraction(tick) * frame.height
      canvas.stroke([.init(frame.x, height), .init(frame.right, height)], Palette.grid, width: 1)
      canvas.text(
        y.text(tick), at: .init(frame.x - 9, height), size: 12, anchor: .right,
        color: Palette.faint)
    }
    for tick in x.ticks {
      let place = frame.x + x.fraction(tick) * frame.width
      canvas.stroke(
        [.init(place, frame.bottom), .init(place, frame.bottom + 5)], Palette.faint, width: 1)
      canvas.text(x.text(tick), at: .init(place, frame.bottom + 18), size: 12, color: Palette.faint)
    }
    canvas.stroke(
      [.init(frame.x, frame.bottom), .init(frame.right, frame.bottom)], Palette.faint, width: 1)
    canvas.text(
      xLabel, at: .init(frame.centre.x, frame.bottom + 42), size: 13, color: Palette.ink)
    canvas.text(
      yLabel, at: .init(20, frame.centre.y), size: 13, turned: true, color: Palette.ink)
  }

  private func draw(
    _ points: [Point], color: Scene.Color, at pixel: (Point) -> Scene.Point, on canvas: Canvas
  ) {
    if points.contains(where: { $0.error != nil }) {
      let upper = points.map { pixel(Point($0.x, $0.y + ($0.error ?? 0))) }
      let lower = points.map { pixel(Point($0.x, $0.y - ($0.error ?? 0))) }
      canvas.draw(
        Scene.Shape(.polygon(upper + lower.reversed()), fill: color.opacity(0.16)))
    }
    canvas.stroke(points.map(pixel), color, width: 2)
    guard points.count <= 40 else { return }
    for point in points {
      canvas.draw(
        Scene.Shape(
          .circle(center: pixel(point), radius: 3.6), fill: color, stroke: Palette.paper,
          strokeWidth: 1.2))
    }
  }

  /// Names in one row above the frame, at the right.
  private func drawLegend(frame: Rectangle, on canvas: Canvas) {
    var right = frame.right
    for (index, line) in lines.enumerated().reversed() {
      let color = Palette.series[index % Palette.series.count]
      canvas.text(
        line.name, at: .init(right, 28), size: 13, anchor: .right, color: Palette.ink)
      right -= canvas.textWidth(line.name, size: 13) + 8
      canvas.stroke([.init(right - 18, 28), .init(right, 28)], color, width: 3)
      right -= 36
    }
  }
}

extension Canvas {
  fileprivate func stroke(_ points: [Scene.Point], _ color: Scene.Color, width: Double) {
    draw(Scene.Shape(.line(points), stroke: color, strokeWidth: width))
  }
}
