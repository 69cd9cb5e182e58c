import EnvironmentInterface
import Physics

/// What a policy sees of push: the field from edge to edge with zones, blocks and pusher in plain
/// colours, and nothing that only people care for.
enum PushImage {
  private static let floor = Scene.Color(0, 0, 0)
  private static let zone = Scene.Color(0, 0.5, 0)
  private static let blocks = [Scene.Color(1, 0, 0), Scene.Color(0, 0, 1)]
  private static let pusher = Scene.Color(1, 1, 1)

  /// The picture of a field; its edges are those of the actions, −1 and 1.
  ///
  /// - Parameters:
  ///   - field: What to show.
  ///   - tolerance: The radius of a zone.
  /// - Returns: The scene.
  static func scene(of field: PushField, tolerance: Double) -> Scene {
    var shapes = field.zones.map {
      Scene.Shape(.circle(center: point($0), radius: tolerance), fill: zone)
    }
    let half = Double(PushField.halfBlock)
    let corners = [(-half, -half), (half, -half), (half, half), (-half, half)].map {
      Scene.Point($0.0, $0.1)
    }
    for (block, color) in zip(field.blocks, blocks) {
      shapes.append(
        Scene.Shape(.polygon(corners), fill: color)
          .placed(at: point(block.position), angle: Double(block.angle)))
    }
    shapes.append(
      Scene.Shape(
        .circle(center: point(field.pusher), radius: Double(PushField.pusherRadius)), fill: pusher))
    return Scene(
      from: Scene.Point(-1, -1), to: Scene.Point(1, 1), background: floor, shapes: shapes)
  }

  private static func point(_ vector: SIMD2<Float>) -> Scene.Point {
    Scene.Point(Double(vector.x), Double(vector.y))
  }
}
