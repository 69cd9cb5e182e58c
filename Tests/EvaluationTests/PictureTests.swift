import Drawing
import EnvironmentInterface
import Evaluation
import TestSupport
import Testing

/// How many pixels have a colour, to within a few levels of each component.
private func pixels(
  of canvas: Canvas, near color: (Int, Int, Int), within levels: Int = 45
) -> Int {
  let rgb = canvas.rgb
  return stride(from: 0, to: rgb.count, by: 3).count {
    abs(Int(rgb[$0]) - color.0) <= levels && abs(Int(rgb[$0 + 1]) - color.1) <= levels
      && abs(Int(rgb[$0 + 2]) - color.2) <= levels
  }
}

/// What a picture consists of, as its SVG has it.
private struct Shapes {
  private let svg: String

  init(_ canvas: Canvas) throws {
    svg = try #require(canvas.vectors).svg(identifier: "p", label: "picture")
  }

  /// The contents of the groups whose attributes contain all of some texts.
  private func groups(_ texts: [String]) -> String {
    svg.matches(of: /<g([^>]*)>(.*?)<\/g>/.dotMatchesNewlines())
      .filter { match in texts.allSatisfy { match.output.1.contains($0) } }
      .map { String($0.output.2) }.joined()
  }

  private func numbers(_ text: Substring) -> [Double] {
    text.matches(of: /-?[0-9.]+/).compactMap { Double($0.output) }
  }

  /// The corners of each way with such attributes, x and y in turn.
  func ways(_ attributes: String...) -> [[Double]] {
    groups(attributes).matches(of: /<path d="([^"]*)"/).map { numbers($0.output.1) }
  }

  /// The middles of the circles with such attributes.
  func circles(_ attributes: String...) -> [[Double]] {
    groups(attributes).matches(of: /<circle ([^>]*)r=/).map { numbers($0.output.1) }
  }

  /// Where the middle of a text of 12 pixels stands.
  func place(of text: String) throws -> (x: Double, y: Double) {
    let all = svg.matches(
      of: /<text x="([^"]*)" y="([^"]*)"[^>]*font-size="12"[^>]*>([^<]*)<\/text>/)
    let match = try #require(all.first { $0.output.3 == text }, "\(text)")
    return (try #require(Double(match.output.1)), try #require(Double(match.output.2)) - 0.36 * 12)
  }
}

/// The beginnings of the colours of the first two lines.
private let (blue, orange) = ("stroke=\"#0073b", "stroke=\"#d65e00")

@Suite struct PictureTests {
  @Test(arguments: [
    ([0.0, 1], [0, 0.2, 0.4, 0.6, 0.8, 1]), ([3.0, 97], [0, 20, 40, 60, 80, 100]),
    ([-0.013, 0.004], [-0.015, -0.01, -0.005, 0, 0.005]), ([5, 5], [2, 3, 4, 5, 6, 7, 8]),
  ])
  func `axes have round ticks that hold all values`(values: [Double], ticks: [Double]) throws {
    let axis = try #require(PlotAxis(spanning: values))
    #expect(axis.ticks.count == ticks.count)
    for (a, b) in zip(axis.ticks, ticks) { #expect(abs(a - b) < 1e-9) }
    #expect(axis.fraction(axis.ticks[0]) == 0)
    let tight = try #require(PlotAxis(spanning: [3, 97], isTight: true))
    #expect(tight.ticks == [20, 40, 60, 80] && tight.fraction(50) == 0.5)
    #expect(values.allSatisfy { (0...1).contains(axis.fraction($0)) })
    #expect(PlotAxis(spanning: []) == nil)
  }

  @Test(arguments: [
    ([0.03, 0.9], [0.02, 0.05, 0.1, 0.2, 0.5, 1], ["0.02", "0.05", "0.1", "0.2", "0.5", "1"]),
    ([0.001, 1], [0.001, 0.01, 0.1, 1], ["0.001", "0.01", "0.1", "1"]),
    ([3.0, 3], [2, 5], ["2", "5"]),
  ])
  func `logarithmic axes have ticks at equal factors`(
    values: [Double], ticks: [Double], texts: [String]
  ) throws {
    let axis = try #require(PlotAxis(spanning: values, isLogarithmic: true))
    #expect(axis.ticks.count == ticks.count, "\(axis.ticks)")
    for (a, b) in zip(axis.ticks, ticks) { #expect(abs(a - b) < 1e-9) }
    #expect(axis.ticks.map(axis.text) == texts)
    #expect(values.allSatisfy { (0...1).contains(axis.fraction($0)) })
    let two = axis.fraction(2 * values[0]) - axis.fraction(values[0])
    let four = axis.fraction(4 * values[0]) - axis.fraction(2 * values[0])
    #expect(abs(two - four) < 1e-9 && two > 0)
    // Where a value has no logarithm, the axis is linear.
    let linear = try #require(PlotAxis(spanning: [0, 1], isLogarithmic: true))
    #expect(abs(linear.fraction(0.5) - 0.5) < 1e-9)
  }

  @Test func `tick labels have the decimals of the step`() throws {
    let axis = try #require(PlotAxis(spanning: [-0.013, 0.004]))
    #expect(axis.ticks.map(axis.text) == ["-0.015", "-0.010", "-0.005", "0.000", "0.005"])
  }

  @Test func `a plot draws every line and band where the axes say, and refuses to draw none`()
    throws
  {
    var plot = LinePlot(
      title: "loss", xLabel: "step", yLabel: "loss",
      lines: [
        .init("a", points: [.init(0, 1), .init(10, 2), .init(20, .nan)]),
        .init("b", points: [.init(0, 2, error: 0.5), .init(10, 1, error: 0.5)]),
      ])
    let shapes = try Shapes(plot.canvas())
    let (left, right) = (try shapes.place(of: "0").x, try shapes.place(of: "10").x)
    let height = { (text: String) in try shapes.place(of: text).y }
    let (one, two) = (try height("1.0"), try height("2.0"))
    #expect(left < right && one > two)
    let (a, b) = (
      shapes.ways(blue, "stroke-width=\"2\""), shapes.ways(orange, "stroke-width=\"2\"")
    )
    #expect(a.count == 1 && b.count == 1)
    expectClose(a.flatMap { $0 }, [left, one, right, two], absolute: 0.02)
    expectClose(b.flatMap { $0 }, [left, two, right, one], absolute: 0.02)
    let bands = shapes.ways("fill=\"#d65e00\"", "fill-opacity")
    let corners = try [
      left, height("2.5"), right, height("1.5"), right, height("0.5"), left, height("1.5"),
    ]
    expectClose(bands.flatMap { $0 }, corners, absolute: 0.02)
    plot.lines = [.init("nothing", points: [.init(.nan, 1)])]
    #expect(throws: EvaluationError.self) { try plot.canvas() }
  }

  @Test func `a grid gives a line the same colour in all its plots`() throws {
    let line = { (name: String) in LinePlot.Line(name, points: [.init(0, 1), .init(1, 2)]) }
    let plot = { (lines: [LinePlot.Line]) in
      LinePlot(title: "t", xLabel: "x", yLabel: "y", lines: lines)
    }
    let both = try Shapes(
      PlotGrid(title: "g", plots: [plot([line("a")]), plot([line("b")])]).canvas())
    let width = "stroke-width=\"2\""
    #expect(both.ways(blue, width).count == 1 && both.ways(orange, width).count == 1)
    let same = try Shapes(
      PlotGrid(title: "g", plots: [plot([line("a")]), plot([line("a")])]).canvas())
    #expect(same.ways(blue, width).count == 2 && same.ways(orange, width).isEmpty)
    // Side by side: the same heights at other places.
    let ways = same.ways(blue, width)
    #expect(ways[0][1] == ways[1][1] && ways[0][0] < ways[1][0])
  }

  @Test func `many agents fill several rows of panels`() throws {
    let columns = (0..<7).map {
      ActionCloudPicture.Column(title: "\($0)", actions: [[[0.1, 0.5]]])
    }
    let picture = ActionCloudPicture(title: "t", columns: columns, seeds: [1])
    let canvas = try picture.canvas(in: WalkEnvironment())
    // Four in a row of 300 pixels, two rows, and one dot in each of the seven.
    #expect(canvas.width < 4 * 330 && canvas.height > 2 * 300)
    let one = ActionCloudPicture(title: "t", columns: [columns[0]], seeds: [1])
    let single = pixels(of: try one.canvas(in: WalkEnvironment()), near: (0, 84, 158), within: 30)
    #expect(pixels(of: canvas, near: (0, 84, 158), within: 30) == 7 * single)
  }

  @Test func `actions that belong to no mode are red, others blue`() throws {
    // The walk has one-dimensional actions, so its modes are asked with the first component only.
    let picture = { (x: Float) in
      ActionCloudPicture(
        title: "t", columns: [.init(title: "a", actions: [Array(repeating: [x, 0.5], count: 9)])],
        seeds: [1])
    }
    let hits = try Shapes(picture(0.1).canvas(in: WalkEnvironment()))
    let misses = try Shapes(picture(0.5).canvas(in: WalkEnvironment()))
    let (hit, miss) = ("fill=\"#00549e\"", "fill=\"#d62629\"")
    #expect(hits.circles(hit).count == 1 && hits.circles(miss).isEmpty)
    #expect(misses.circles(miss).count == 1 && misses.circles(hit).isEmpty)
    // 0.4 further to the right on a field that is 2 wide and 300 pixels.
    let (left, right) = try (
      #require(hits.circles(hit).first), #require(misses.circles(miss).first)
    )
    expectClose(right, [left[0] + 0.4 / 2 * 300, left[1]], absolute: 0.02)
  }

  @Test func `a film strip shows each state in its frame`() throws {
    let strip = FilmStrip(
      title: "t", rows: [.init(title: "a", states: [[-0.5, 0], [0, 1], [0.5, 2]])])
    let canvas = try strip.canvas(in: WalkEnvironment())
    // Three red discs of a tenth of the half side: 3 · π · 0.05² of 190 × 190, less soft edges.
    let red = pixels(of: canvas, near: (255, 0, 0))
    #expect(abs(Double(red) - 3 * Double.pi * 0.0025 * 190 * 190) < 120, "\(red)")
    #expect(throws: EvaluationError.self) {
      try FilmStrip(title: "t", rows: []).canvas(in: WalkEnvironment())
    }
  }

  @Test func `paths are drawn over the scene`() throws {
    let walk = WalkEnvironment()
    walk.reset(seed: 1)
    let picture = PathPicture(
      title: "t", panels: [.init(title: "a", paths: [[[-0.9, -0.9], [0.9, 0.9]]])])
    let shapes = try Shapes(picture.canvas(over: walk.scene))
    let way = try #require(shapes.ways(blue, "stroke-width=\"1.7\"").first)
    // From near the lower left to near the upper right of a field that is 2 wide and 360 pixels.
    expectClose([way[2] - way[0], way[3] - way[1]], [0.9 * 360, -0.9 * 360], absolute: 0.02)
    #expect(shapes.circles("fill=\"#0073b").contains(Array(way[2...])))
  }
}
