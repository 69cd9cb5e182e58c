import Drawing
import EnvironmentInterface
import Evaluation
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

  @Test func `a plot draws every line, and refuses to draw none`() throws {
    var plot = LinePlot(
      title: "loss", xLabel: "step", yLabel: "loss",
      lines: [
        .init("a", points: [.init(0, 1), .init(10, 2), .init(20, .nan)]),
        .init("b", points: [.init(0, 2, error: 0.5), .init(10, 1, error: 0.5)]),
      ])
    let canvas = try plot.canvas()
    #expect(pixels(of: canvas, near: (0, 115, 178)) > 400)
    #expect(pixels(of: canvas, near: (214, 94, 0)) > 400)
    plot.lines = [.init("nothing", points: [.init(.nan, 1)])]
    #expect(throws: EvaluationError.self) { try plot.canvas() }
  }

  @Test func `a grid gives a line the same colour in all its plots`() throws {
    let line = { (name: String) in LinePlot.Line(name, points: [.init(0, 1), .init(1, 2)]) }
    let plot = { (lines: [LinePlot.Line]) in
      LinePlot(title: "t", xLabel: "x", yLabel: "y", lines: lines)
    }
    let both = try PlotGrid(title: "g", plots: [plot([line("a")]), plot([line("b")])]).canvas()
    #expect(pixels(of: both, near: (0, 115, 178)) > 200)
    #expect(pixels(of: both, near: (214, 94, 0)) > 200)
    let same = try PlotGrid(title: "g", plots: [plot([line("a")]), plot([line("a")])]).canvas()
    #expect(pixels(of: same, near: (214, 94, 0)) == 0)
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
    let hits = try picture(0.1).canvas(in: WalkEnvironment())
    let misses = try picture(0.5).canvas(in: WalkEnvironment())
    let (blue, red) = ((0, 84, 158), (214, 38, 41))
    #expect(pixels(of: hits, near: blue, within: 30) > 2)
    #expect(pixels(of: hits, near: red, within: 30) == 0)
    #expect(pixels(of: misses, near: red, within: 30) > 2)
    #expect(pixels(of: misses, near: blue, within: 30) == 0)
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
    let canvas = try picture.canvas(over: walk.scene)
    #expect(pixels(of: canvas, near: (0, 115, 178)) > 300)
  }
}
