import EnvironmentInterface
import Foundation

/// A scene as a page draws it: short keys, colours as the canvas takes them, no needless digits.
///
/// `{"low": [x, y], "high": [x, y], "yDown": true, "background": "rgba(…)", "shapes": [{"kind":
/// "circle", "points": [x, y], "size": r, "fill": "rgba(…)", "stroke": "rgba(…)", "width": w}]}`;
/// kinds are circle, polygon, line, text, and picture (two corners; `text` is its address); points
/// are x and y in turn.
struct SceneDocument: Encodable {
  private struct ShapeDocument: Encodable {
    var kind: String
    var points: [Double]
    var size: Double?
    var text: String?
    var fill: String?
    var stroke: String?
    var width: Double?
  }

  private let low: [Double]
  private let high: [Double]
  private let yDown: Bool
  private let background: String
  private let shapes: [ShapeDocument]

  init(_ scene: Scene) {
    // A screen has a few thousand pixels: digits beyond that only cost bytes.
    let size = max(abs(scene.high.x - scene.low.x), abs(scene.high.y - scene.low.y))
    let digits = size > 0 && size.isFinite ? 4 - Int(log10(size).rounded(.down)) : 4
    let unit = pow(10, Double(max(0, digits)))
    func short(_ value: Double) -> Double {
      value.isFinite ? (value * unit).rounded() / unit : 0
    }
    low = [scene.low.x, scene.low.y]
    high = [scene.high.x, scene.high.y]
    yDown = scene.yDown
    background = Self.css(scene.background)
    shapes = scene.shapes.map { shape in
      var document = ShapeDocument(kind: "", points: [])
      func set(_ kind: String, _ points: [Scene.Point]) {
        document.kind = kind
        document.points = points.flatMap { [short($0.x), short($0.y)] }
      }
      switch shape.outline {
      case .circle(let center, let radius):
        set("circle", [center])
        document.size = short(radius)
      case .polygon(let points): set("polygon", points)
      case .line(let points): set("line", points)
      case .text(let text, let middle, let height):
        set("text", [middle])
        document.text = text
        document.size = short(height)
      case .picture(let picture, let low, let high):
        set("picture", [low, high])
        document.text = picture.dataURL
      }
      document.fill = shape.fill.map(Self.css)
      if let stroke = shape.stroke, shape.strokeWidth > 0 {
        document.stroke = Self.css(stroke)
        document.width = short(shape.strokeWidth)
      }
      return document
    }
  }

  private static func css(_ color: Scene.Color) -> String {
    func byte(_ value: Double) -> Int { Int((min(max(value, 0), 1) * 255).rounded()) }
    let alpha = (min(max(color.alpha, 0), 1) * 1000).rounded() / 1000
    return "rgba(\(byte(color.red)),\(byte(color.green)),\(byte(color.blue)),\(alpha))"
  }
}
