import EnvironmentInterface

/// How push-t looks: as the public environment draws it.
enum PushTScene {
  private static let wallColor = Scene.Color(0.83, 0.83, 0.83)
  private static let goalColor = Scene.Color(0.565, 0.933, 0.565)
  private static let blockColor = Scene.Color(0.467, 0.533, 0.6)
  private static let agentColor = Scene.Color(0.255, 0.412, 0.882)

  /// The picture of a field.
  static func scene(of field: PushTField) -> Scene {
    let corners = [(5, 5), (506, 5), (506, 506), (5, 506), (5, 5)].map { Scene.Point($0.0, $0.1) }
    let outline = Scene.Outline.polygon(TShape.outline.map(point))
    let rim = blockColor.mixed(with: Scene.Color(0, 0, 0), 0.25)
    let agentRim = agentColor.mixed(with: Scene.Color(0, 0, 0), 0.25)
    let shapes = [
      Scene.Shape(.line(corners), stroke: wallColor, strokeWidth: 4),
      placed(Scene.Shape(outline, fill: goalColor), .goal),
      placed(Scene.Shape(outline, fill: blockColor, stroke: rim, strokeWidth: 2), field.block),
      Scene.Shape(
        .circle(center: point(field.agent), radius: Double(PushTField.agentRadius) - 1),
        fill: agentColor, stroke: agentRim, strokeWidth: 2),
    ]
    return Scene(
      from: Scene.Point(0, 0), to: Scene.Point(512, 512), yDown: true,
      background: Scene.Color(1, 1, 1), shapes: shapes)
  }

  private static func placed(_ shape: Scene.Shape, _ pose: TPose) -> Scene.Shape {
    shape.placed(at: point(pose.position), angle: Double(pose.angle))
  }

  private static func point(_ vector: SIMD2<Float>) -> Scene.Point {
    Scene.Point(Double(vector.x), Double(vector.y))
  }
}
