import Foundation

extension Scene.Shape {
  /// The shape, drawn in a frame of its own, where that frame lies in the scene.
  ///
  /// - Parameters:
  ///   - origin: Where the frame's origin is.
  ///   - angle: How the frame is turned, in radians from x towards y; pictures stay upright.
  ///   - scale: The size of the frame's unit, above 0.
  /// - Returns: The shape in the scene's coordinates.
  public func placed(
    at origin: Scene.Point, angle: Double = 0, scale: Double = 1
  ) -> Scene.Shape {
    let cosine = cos(angle) * scale
    let sine = sin(angle) * scale
    func place(_ p: Scene.Point) -> Scene.Point {
      Scene.Point(origin.x + p.x * cosine - p.y * sine, origin.y + p.x * sine + p.y * cosine)
    }
    var shape = self
    shape.strokeWidth *= scale
    switch outline {
    case .circle(let center, let radius):
      shape.outline = .circle(center: place(center), radius: radius * scale)
    case .polygon(let points): shape.outline = .polygon(points.map(place))
    case .line(let points): shape.outline = .line(points.map(place))
    case .text(let text, let middle, let height):
      shape.outline = .text(text, at: place(middle), height: height * scale)
    case .picture(let picture, let low, let high):
      shape.outline = .picture(picture, from: place(low), to: place(high))
    }
    return shape
  }
}

extension Scene.Outline {
  /// An upright rectangle with round corners, as a polygon.
  ///
  /// - Parameters:
  ///   - center: Its middle.
  ///   - halfWidth: Half its extent along x.
  ///   - halfHeight: Half its extent along y.
  ///   - corner: The radius of its corners, at most the smaller of the two.
  /// - Returns: The outline.
  public static func roundedRectangle(
    center: Scene.Point, halfWidth: Double, halfHeight: Double, corner: Double
  ) -> Scene.Outline {
    let pieces = 8
    let points = (0..<4).flatMap { quarter in
      (0...pieces).map { piece in
        let angle = (Double(quarter) + Double(piece) / Double(pieces)) * Double.pi / 2
        let right: Double = quarter == 0 || quarter == 3 ? 1 : -1
        let up: Double = quarter < 2 ? 1 : -1
        return Scene.Point(
          center.x + right * (halfWidth - corner) + corner * cos(angle),
          center.y + up * (halfHeight - corner) + corner * sin(angle))
      }
    }
    return .polygon(points)
  }

  /// A slice of a disc, as a polygon; over a full turn or more, the disc.
  ///
  /// - Parameters:
  ///   - center: The disc's middle.
  ///   - radius: The disc's radius.
  ///   - start: Where the slice begins, in radians from x towards y.
  ///   - end: Where it ends.
  /// - Returns: The outline.
  public static func slice(
    center: Scene.Point, radius: Double, from start: Double, to end: Double
  ) -> Scene.Outline {
    if end - start >= 2 * Double.pi { return .circle(center: center, radius: radius) }
    let pieces = max(2, Int((abs(end - start) * 12).rounded(.up)))
    let arc = (0...pieces).map { piece in
      let angle = start + (end - start) * Double(piece) / Double(pieces)
      return Scene.Point(center.x + radius * cos(angle), center.y + radius * sin(angle))
    }
    return .polygon([center] + arc)
  }
}
