/// A picture as values: shapes in an environment's own units, drawn in order.
///
/// Renderers (pixels, vector files, a browser's canvas) live elsewhere; a scene only says what is
/// where, so that every one of them shows the same.
public struct Scene: Codable, Sendable, Hashable {
  /// A colour with components in 0…1, not premultiplied.
  public struct Color: Codable, Sendable, Hashable {
    /// Red, green, blue and opacity.
    public var red, green, blue, alpha: Double

    /// Creates a colour.
    public init(_ red: Double, _ green: Double, _ blue: Double, alpha: Double = 1) {
      self.red = red
      self.green = green
      self.blue = blue
      self.alpha = alpha
    }
  }

  /// A point in the scene's units.
  public struct Point: Codable, Sendable, Hashable {
    /// The coordinates.
    public var x, y: Double

    /// Creates a point.
    public init(_ x: Double, _ y: Double) {
      self.x = x
      self.y = y
    }
  }

  /// A geometric outline.
  public enum Outline: Codable, Sendable, Hashable {
    /// A circle.
    case circle(center: Point, radius: Double)
    /// A closed polygon.
    case polygon([Point])
    /// An open line.
    case line([Point])
    /// Text whose middle is at a point, with letters of a height in the scene's units.
    case text(String, at: Point, height: Double)
    /// Pixels that fill the upright rectangle between two corners.
    case picture(Picture, from: Point, to: Point)
  }

  /// An outline with its colours.
  public struct Shape: Codable, Sendable, Hashable {
    /// The geometry.
    public var outline: Outline
    /// The colour inside, or of a text; nil for none.
    public var fill: Color?
    /// The colour of the outline; nil for none.
    public var stroke: Color?
    /// The width of the outline in the scene's units.
    public var strokeWidth: Double

    /// Creates a shape.
    public init(
      _ outline: Outline, fill: Color? = nil, stroke: Color? = nil, strokeWidth: Double = 0
    ) {
      self.outline = outline
      self.fill = fill
      self.stroke = stroke
      self.strokeWidth = strokeWidth
    }
  }

  /// The corner of the visible rectangle with the smallest coordinates.
  public var low: Point
  /// The corner of the visible rectangle with the largest coordinates.
  public var high: Point
  /// Whether y grows downwards on the screen.
  public var yDown: Bool
  /// The colour behind everything.
  public var background: Color
  /// The shapes, drawn first to last.
  public var shapes: [Shape]

  /// Creates a scene that shows the rectangle from `low` to `high`.
  public init(
    from low: Point, to high: Point, yDown: Bool = false, background: Color, shapes: [Shape] = []
  ) {
    self.low = low
    self.high = high
    self.yDown = yDown
    self.background = background
    self.shapes = shapes
  }
}
