public import Drawing
import EnvironmentInterface

/// Lines over two axes, such as a learning curve or a sweep.
public struct LinePlot: Sendable {
  /// One line.
  public struct Line: Sendable {
    /// How a line looks.
    public enum Style: Sendable, Hashable {
      /// A line with a dot at each of its points, where these are few.
      case marked
      /// A line.
      case plain
      /// One of several that a plain line sums up: thin and pale.
      case thin
    }

    /// Its name in the legend; lines of one name have one colour and stand there once.
    public var name: String
    /// The points; those that are not finite are left out.
    public var points: [Point]
    /// How it looks.
    public var style: Style

    /// Creates a line.
    public init(_ name: String, points: [Point], style: Style = .marked) {
      self.name = name
      self.points = points
      self.style = style
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
  /// Names of the places 0, 1, … of the x axis, in place of numbers; empty for numbers.
  public var xNames: [String] = []
  /// Whether equal distances along y are equal factors; only where all values are above 0.
  public var isLogarithmic = false
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
  ///   ``/Drawing/DrawingError`` for an impossible size.
  public func canvas() throws -> Canvas {
    let canvas = try Canvas(
      width: width, height: height, background: Palette.paper, keepsVectors: true)
    let frame = try draw(
      on: canvas, in: Rectangle(x: 0, y: 0, width: Double(width), height: Double(height)))
    drawLegend(frame: frame, on: canvas)
    return canvas
  }

  /// Draws title, axes and lines into a part of a canvas, without a legend.
  ///
  /// - Parameters:
  ///   - canvas: Where to draw.
  ///   - place: The part of it.
  ///   - colorIndex: The place of a line's colour, by its name; nil for the lines' order.
  /// - Returns: The frame of the axes.
  /// - Throws: ``EvaluationError/missing(what:where:)`` where no line has a point.
  @discardableResult
  func draw(
    on canvas: Canvas, in place: Rectangle, colorIndex: ((String) -> Int)? = nil
  ) throws -> Rectangle {
    let points = lines.flatMap(\.points).filter(\.isFinite)
    guard
      let x = PlotAxis(spanning: points.map(\.x), isTight: true),
      let y = PlotAxis(
        spanning: points.flatMap { [$0.y - ($0.error ?? 0), $0.y + ($0.error ?? 0)] },
        isLogarithmic: isLogarithmic)
    else { throw EvaluationError.missing(what: "finite point", where: "the plot '\(title)'") }
    let labels = y.ticks.map { canvas.textWidth(y.text($0), size: 12) }.max() ?? 0
    let frame = Rectangle(
      x: place.x + 48 + labels, y: place.y + 56, width: place.width - 48 - labels - 24,
      height: place.height - 56 - 62)
    let pixel = { (p: Point) in
      Scene.Point(
        frame.x + x.fraction(p.x) * frame.width, frame.bottom - y.fraction(p.y) * frame.height)
    }
    drawAxes(x, y, left: place.x + 20, frame: frame, on: canvas)
    for (index, line) in lines.enumerated() {
      let index = colorIndex?(line.name) ?? index
      draw(
        line.points.filter(\.isFinite), line.style,
        color: Palette.series[index % Palette.series.count], at: pixel, on: canvas)
    }
    return frame
  }

  private func drawAxes(
    _ x: PlotAxis, _ y: PlotAxis, left: Double, frame: Rectangle, on canvas: Canvas
  ) {
    canvas.text(
      title, at: .init(frame.x, frame.y - 28), size: 17, anchor: .left, bold: true,
      color: Palette.ink)
    for tick in y.ticks {
      let height = frame.bottom - y.fraction(tick) * frame.height
      canvas.stroke([.init(frame.x, height), .init(frame.right, height)], Palette.grid, width: 1)
      canvas.text(
        y.text(tick), at: .init(frame.x - 9, height), size: 12, anchor: .right,
        color: Palette.faint)
    }
    let ticks = xTicks(x)
    for (tick, name) in ticks {
      let place = frame.x + x.fraction(tick) * frame.width
      canvas.stroke(
        [.init(place, frame.bottom), .init(place, frame.bottom + 5)], Palette.faint, width: 1)
      let room = xNames.isEmpty ? frame.width : frame.width / Double(max(1, ticks.count - 1))
      canvas.text(
        name, at: .init(place, frame.bottom + 18),
        size: canvas.fittingSize(12, of: name, in: room), color: Palette.faint)
    }
    canvas.stroke(
      [.init(frame.x, frame.bottom), .init(frame.right, frame.bottom)], Palette.faint, width: 1)
    canvas.text(
      xLabel, at: .init(frame.centre.x, frame.bottom + 42), size: 13, color: Palette.ink)
    canvas.text(
      yLabel, at: .init(left, frame.centre.y), size: 13, turned: true, color: Palette.ink)
  }

  /// Names where there are any; else the whole numbers at which there are points, if these are few
  /// and far enough from each other; else round numbers.
  private func xTicks(_ x: PlotAxis) -> [(Double, String)] {
    if !xNames.isEmpty { return xNames.enumerated().map { (Double($0), $1) } }
    let marked = lines.filter { $0.style == .marked }.flatMap(\.points).filter(\.isFinite)
    let values = Set(marked.map(\.x)).sorted()
    let gaps = zip(values, values.dropFirst()).map { x.fraction($1) - x.fraction($0) }
    if (2...9).contains(values.count), values.allSatisfy({ Int(exactly: $0) != nil }),
      gaps.allSatisfy({ $0 > 0.08 })
    {
      return values.map { ($0, "\(Int($0))") }
    }
    return x.ticks.map { ($0, x.text($0)) }
  }

  private func draw(
    _ points: [Point], _ style: Line.Style, color: Scene.Color,
    at pixel: (Point) -> Scene.Point, on canvas: Canvas
  ) {
    if points.count > 1, points.contains(where: { $0.error != nil }) {
      let upper = points.map { pixel(Point($0.x, $0.y + ($0.error ?? 0))) }
      let lower = points.map { pixel(Point($0.x, $0.y - ($0.error ?? 0))) }
      canvas.draw(
        Scene.Shape(.polygon(upper + lower.reversed()), fill: color.opacity(0.16)))
    }
    let isThin = style == .thin
    canvas.stroke(
      points.map(pixel), color.opacity(isThin ? 0.45 : 1), width: isThin ? 0.9 : 2)
    guard style == .marked, points.count <= 40 else { return }
    for point in points {
      if let error = point.error {
        canvas.stroke(
          [pixel(Point(point.x, point.y - error)), pixel(Point(point.x, point.y + error))], color,
          width: 1.4)
      }
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
