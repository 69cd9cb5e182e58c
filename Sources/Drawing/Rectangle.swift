public import EnvironmentInterface

/// An upright rectangle in pixels, y growing downwards.
public struct Rectangle: Sendable, Hashable {
  /// The left and the upper edge.
  public var x, y: Double
  /// The extent.
  public var width, height: Double

  /// Creates a rectangle from its upper left corner and its extent.
  public init(x: Double, y: Double, width: Double, height: Double) {
    self.x = x
    self.y = y
    self.width = width
    self.height = height
  }

  /// Creates the rectangle between two corners.
  init(between a: Scene.Point, and b: Scene.Point) {
    self.init(
      x: min(a.x, b.x), y: min(a.y, b.y), width: abs(b.x - a.x), height: abs(b.y - a.y))
  }

  /// The right edge.
  public var right: Double { x + width }

  /// The lower edge.
  public var bottom: Double { y + height }

  /// The middle.
  public var centre: Scene.Point { Scene.Point(x + width / 2, y + height / 2) }

  /// The rectangle without a margin on all four sides.
  ///
  /// - Parameter margin: The margin in pixels; negative to grow.
  /// - Returns: The smaller rectangle.
  public func inset(by margin: Double) -> Rectangle {
    Rectangle(
      x: x + margin, y: y + margin, width: width - 2 * margin, height: height - 2 * margin)
  }
}
