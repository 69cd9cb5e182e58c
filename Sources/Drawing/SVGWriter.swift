import EnvironmentInterface
import Foundation

/// Writes what a picture consists of as the text of SVG elements.
struct SVGWriter {
  private struct PlacedScene: Hashable {
    var scene: Scene
    var scale: Double
  }

  private let identifier: String
  private let properties: [Scene.Color: String]
  /// What is referred to: scenes.
  private(set) var definitions = ""
  /// The elements.
  private(set) var body = ""
  private var scenes: [PlacedScene: String] = [:]
  /// The attributes of the group that is open; shapes of the same look share one.
  private var group: String?

  init(identifier: String, properties: [Scene.Color: String]) {
    self.identifier = identifier
    self.properties = properties
  }

  mutating func write(_ elements: [VectorPicture.Element]) {
    for element in elements {
      switch element {
      case .shape(let shape): write(shape)
      case .text(let letters):
        closeGroup()
        body += text(letters)
      case .scene(let scene, let placement):
        closeGroup()
        let name = name(of: scene, placement)
        let frame = placement.frame
        body += "<svg\(place(frame)) viewBox=\"0 0 "
        body += "\(digits(frame.width)) \(digits(frame.height))\">"
        body += "<use href=\"#\(name)\"/></svg>\n"
      case .clipped(let frame, let inner):
        closeGroup()
        body += "<svg\(place(frame)) viewBox=\"\(digits(frame.x)) \(digits(frame.y)) "
        body += "\(digits(frame.width)) \(digits(frame.height))\">\n"
        write(inner)
        body += "</svg>\n"
      }
    }
    closeGroup()
  }

  // MARK: Shapes

  private mutating func write(_ shape: Scene.Shape) {
    let isLine = if case .line = shape.outline { true } else { false }
    var look = isLine ? " fill=\"none\"" : paint("fill", shape.fill)
    if let stroke = shape.stroke, shape.strokeWidth > 0 {
      look += paint("stroke", stroke) + " stroke-width=\"\(digits(shape.strokeWidth))\""
    }
    if group != look {
      closeGroup()
      body += "<g\(look)>"
      group = look
    }
    switch shape.outline {
    case .circle(let center, let radius):
      body += "<circle cx=\"\(digits(center.x))\" cy=\"\(digits(center.y))\""
      body += " r=\"\(digits(radius))\"/>"
    case .polygon(let points): body += "<path d=\"\(path(points))Z\"/>"
    case .line(let points): body += "<path d=\"\(path(points))\"/>"
    case .text(let string, let middle, let height):
      body += text(
        VectorPicture.Letters(
          string: string, point: middle, size: height, anchor: .middle, isTurned: false,
          isBold: false, color: shape.fill ?? Scene.Color(0, 0, 0)))
    case .picture(let picture, let low, let high):
      let frame = Rectangle(between: low, and: high)
      body += "<image\(place(frame)) preserveAspectRatio=\"none\" href=\"data:image/png;base64,"
      body += ((try? picture.png())?.base64EncodedString() ?? "") + "\"/>"
    }
  }

  private mutating func closeGroup() {
    if group != nil { body += "</g>\n" }
    group = nil
  }

  /// A path through points.
  private func path(_ points: [Scene.Point]) -> String {
    if points.count > 40 { return longPath(points) }
    return points.enumerated().map { index, point in
      (index == 0 ? "M" : "L") + digits(point.x) + " " + digits(point.y)
    }.joined()
  }

  /// A path in tenths of a pixel, each point as the way from the one before; of points that are
  /// nearer to each other than can be seen, the first.
  private func longPath(_ points: [Scene.Point]) -> String {
    func tenths(_ value: Double) -> Int { Int((min(1e9, max(-1e9, value)) * 10).rounded()) }
    var path = ""
    var last = (x: 0, y: 0)
    for (index, point) in points.enumerated() {
      let (x, y) = (tenths(point.x), tenths(point.y))
      if index > 0, index < points.count - 1, abs(x - last.x) + abs(y - last.y) < 6 { continue }
      let (right, down) = (digits(Double(x - last.x) / 10), digits(Double(y - last.y) / 10))
      path += (index == 0 ? "M" : "l") + right + (down.hasPrefix("-") ? "" : " ") + down
      last = (x, y)
    }
    return path
  }

  private func text(_ letters: VectorPicture.Letters) -> String {
    let anchor =
      switch letters.anchor {
      case .left: ""
      case .middle: " text-anchor=\"middle\""
      case .right: " text-anchor=\"end\""
      }
    // As on the pixel canvas, letters are centred on half the height of a capital.
    let (x, y) = (digits(letters.point.x), digits(letters.point.y))
    let place =
      letters.isTurned
      ? " transform=\"translate(\(x) \(y)) rotate(-90)\" y=\"\(digits(0.36 * letters.size))\""
      : " x=\"\(x)\" y=\"\(digits(letters.point.y + 0.36 * letters.size))\""
    return "<text\(place)\(anchor) font-size=\"\(digits(letters.size))\""
      + (letters.isBold ? " font-weight=\"bold\"" : "") + paint("fill", letters.color)
      + ">\(letters.string.escapedForMarkup)</text>\n"
  }

  // MARK: Scenes

  /// The name under which a scene of this size is defined.
  private mutating func name(of scene: Scene, _ placement: ScenePlacement) -> String {
    let key = PlacedScene(scene: scene, scale: placement.scale)
    if let name = scenes[key] { return name }
    let name = "\(identifier)-\(scenes.count)"
    scenes[key] = name
    var inner = SVGWriter(identifier: identifier, properties: [:])
    for shape in scene.shapes where shape.isFinite {
      inner.write(
        shape.mapped(scale: placement.scale) { point in
          let p = placement.pixel(point)
          return Scene.Point(p.x - placement.frame.x, p.y - placement.frame.y)
        })
    }
    inner.closeGroup()
    definitions += "<g id=\"\(name)\"><rect width=\"\(digits(placement.frame.width))\" "
    definitions += "height=\"\(digits(placement.frame.height))\""
    definitions += inner.paint("fill", scene.background) + "/>\n\(inner.body)</g>\n"
    return name
  }

  // MARK: Attributes

  private func place(_ frame: Rectangle) -> String {
    " x=\"\(digits(frame.x))\" y=\"\(digits(frame.y))\" width=\"\(digits(frame.width))\""
      + " height=\"\(digits(frame.height))\""
  }

  /// The attributes that paint the inside or the outline of something.
  func paint(_ attribute: String, _ color: Scene.Color?) -> String {
    guard let color else { return " \(attribute)=\"none\"" }
    let hexadecimal = "#" + [color.red, color.green, color.blue].map(Self.byte).joined()
    let opacity = color.alpha < 1 ? " \(attribute)-opacity=\"\(digits(color.alpha))\"" : ""
    if let property = properties[color.faded(to: 1)] {
      return " style=\"\(attribute):var(--\(property),\(hexadecimal))\"" + opacity
    }
    return " \(attribute)=\"\(hexadecimal)\"" + opacity
  }

  private static func byte(_ component: Double) -> String {
    let value = Int((min(1, max(0, component)) * 255).rounded())
    return (value < 16 ? "0" : "") + String(value, radix: 16)
  }

  /// A number with at most two decimals.
  private func digits(_ value: Double) -> String {
    let hundredths = Int((min(1e9, max(-1e9, value)) * 100).rounded())
    let whole = "\(hundredths < 0 ? "-" : "")\(abs(hundredths) / 100)"
    let rest = abs(hundredths) % 100
    if rest == 0 { return hundredths == 0 ? "0" : whole }
    return rest % 10 == 0 ? "\(whole).\(rest / 10)" : "\(whole).\(rest < 10 ? "0" : "")\(rest)"
  }
}

extension Scene.Shape {
  /// The shape at other points, its lengths multiplied.
  func mapped(scale: Double, at position: (Scene.Point) -> Scene.Point) -> Scene.Shape {
    var shape = self
    shape.strokeWidth *= scale
    switch outline {
    case .circle(let center, let radius):
      shape.outline = .circle(center: position(center), radius: radius * scale)
    case .polygon(let points): shape.outline = .polygon(points.map(position))
    case .line(let points): shape.outline = .line(points.map(position))
    case .text(let string, let middle, let height):
      shape.outline = .text(string, at: position(middle), height: height * scale)
    case .picture(let picture, let low, let high):
      shape.outline = .picture(picture, from: position(low), to: position(high))
    }
    return shape
  }

  /// Whether it can be drawn: it has points, and no coordinate is NaN or infinite.
  var isFinite: Bool {
    switch outline {
    case .circle(let center, let radius): center.isFinite && radius.isFinite && radius >= 0
    case .polygon(let points), .line(let points):
      !points.isEmpty && points.allSatisfy(\.isFinite)
    case .text(_, let middle, let height):
      middle.isFinite && height.isFinite && height > 0 && fill != nil
    case .picture(_, let low, let high): low.isFinite && high.isFinite
    }
  }
}

extension Scene.Point {
  var isFinite: Bool { x.isFinite && y.isFinite }
}
