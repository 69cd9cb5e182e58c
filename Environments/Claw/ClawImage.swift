import EnvironmentInterface
import Physics

/// What a policy sees of the claw machine: the field from edge to edge, each toy's silhouette in
/// its kind's colour, and nothing that only people care for.
enum ClawImage {
  private static let floor = Scene.Color(0, 0, 0)

  private static func color(of kind: ToyKind) -> Scene.Color {
    switch kind {
    case .ball: Scene.Color(1, 0.2, 0.2)
    case .box: Scene.Color(0.25, 0.45, 1)
    case .bear: Scene.Color(1, 0.8, 0.2)
    case .snake: Scene.Color(0.2, 1, 0.4)
    }
  }

  /// The picture of a field; its edges are those of the actions, −1 and 1.
  static func scene(of field: ClawField) -> Scene {
    let shapes = field.presentSlots.flatMap { slot in
      let toy = field.toys[slot]
      return silhouette(of: toy.kind).map {
        $0.placed(
          at: Scene.Point(Double(toy.position.x), Double(toy.position.y)),
          angle: Double(toy.angle))
      }
    }
    return Scene(
      from: Scene.Point(-1, -1), to: Scene.Point(1, 1), background: floor, shapes: shapes)
  }

  private static func silhouette(of kind: ToyKind) -> [Scene.Shape] {
    let color = color(of: kind)
    switch kind.silhouette {
    case .discs(let discs):
      return discs.map { disc in
        let center = Scene.Point(Double(disc.center.x), Double(disc.center.y))
        return Scene.Shape(.circle(center: center, radius: Double(disc.radius)), fill: color)
      }
    case .square(let half):
      let corners = [(-1.0, -1.0), (1, -1), (1, 1), (-1, 1)].map {
        Scene.Point($0.0 * Double(half), $0.1 * Double(half))
      }
      return [Scene.Shape(.polygon(corners), fill: color)]
    }
  }
}
