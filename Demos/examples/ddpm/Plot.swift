import Foundation

/// Panels side by side, as SVG: bars, and curves above them.
struct Plot {
  /// One panel.
  struct Panel {
    var title: String
    var x: ClosedRange<Double>
    var y: ClosedRange<Double>
    /// Bars of one width: their middles and heights.
    var bars: [(Double, Double)] = []
    /// Curves, each through its points.
    var curves: [[(Double, Double)]] = []
  }

  private static let size = (width: 190.0, height: 150.0)
  private static let colours = ["#d9480f", "#1c7ed6"]

  var panels: [Panel]

  /// The picture as text.
  var svg: String {
    let width = Self.size.width * Double(panels.count)
    let parts = panels.enumerated().map { index, panel in
      Self.draw(panel, left: Self.size.width * Double(index))
    }
    return """
      <svg xmlns="http://www.w3.org/2000/svg" width="\(Int(width))" \
      height="\(Int(Self.size.height))" viewBox="0 0 \(Int(width)) \(Int(Self.size.height))" \
      font-family="sans-serif" font-size="10" fill="none">
      <rect width="100%" height="100%" fill="#fff"/>
      \(parts.joined(separator: "\n"))
      </svg>

      """
  }

  private static func draw(_ panel: Panel, left: Double) -> String {
    let (inner, top, floor) = (size.width - 20, 22.0, size.height - 18)
    func place(_ point: (Double, Double)) -> (Double, Double) {
      let across = (point.0 - panel.x.lowerBound) / (panel.x.upperBound - panel.x.lowerBound)
      let up = (point.1 - panel.y.lowerBound) / (panel.y.upperBound - panel.y.lowerBound)
      return (left + 10 + across * inner, floor - min(max(up, 0), 1) * (floor - top))
    }
    func number(_ value: Double) -> String { String(format: "%.1f", value) }
    func text(_ words: String, _ x: Double, _ y: Double, _ anchor: String) -> String {
      let place = "x=\"\(number(x))\" y=\"\(number(y))\""
      return "<text \(place) text-anchor=\"\(anchor)\" fill=\"#333\">\(words)</text>"
    }
    let zero = place((0, max(0, panel.y.lowerBound))).1
    let thickness = inner / Double(max(panel.bars.count, 1)) - 1
    var bars = ""
    for bar in panel.bars {
      let (x, y) = place(bar)
      bars += "M\(number(x - thickness / 2)) \(number(zero))V\(number(y))h\(number(thickness))"
      bars += "V\(number(zero))z"
    }
    let curves = panel.curves.enumerated().map { index, points in
      let path = points.map(place).map { "\(number($0.0)),\(number($0.1))" }
      let colour = colours[index % colours.count]
      return "<polyline points=\"\(path.joined(separator: " "))\" stroke=\"\(colour)\"/>"
    }
    let axis = "M\(number(left + 10)) \(number(zero))h\(number(inner))"
    return ([
      "<path d=\"\(bars)\" fill=\"#a5d8ff\"/>", "<path d=\"\(axis)\" stroke=\"#aaa\"/>",
    ] + curves + [
      text(panel.title, left + size.width / 2, 14, "middle"),
      text(String(format: "%g", panel.x.lowerBound), left + 10, size.height - 5, "start"),
      text(
        String(format: "%g", panel.x.upperBound), left + size.width - 10, size.height - 5, "end"),
    ]).joined(separator: "\n")
  }
}
