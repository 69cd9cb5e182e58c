public import EnvironmentInterface

/// Where a scene's points fall in a picture: as large as fits, undistorted, in the middle.
public struct ScenePlacement: Sendable, Hashable {
  /// Pixels per unit of the scene.
  public let scale: Double
  /// The pixels that the scene's visible rectangle covers.
  public let frame: Rectangle
  private let low: Scene.Point
  private let high: Scene.Point
  private let yDown: Bool

  /// Places a scene in a rectangle of pixels.
  public init(of scene: Scene, in rectangle: Rectangle) {
    let width = scene.high.x - scene.low.x
    let height = scene.high.y - scene.low.y
    scale = min(rectangle.width / width, rectangle.height / height)
    frame = Rectangle(
      x: rectangle.x + (rectangle.width - scale * width) / 2,
      y: rectangle.y + (rectangle.height - scale * height) / 2,
      width: scale * width, height: scale * height)
    low = scene.low
    high = scene.high
    yDown = scene.yDown
  }

  /// The pixel position of a point given in the scene's units.
  public func pixel(_ point: Scene.Point) -> Scene.Point {
    Scene.Point(
      frame.x + (point.x - low.x) * scale,
      frame.y + (yDown ? point.y - low.y : high.y - point.y) * scale)
  }
}
