import EnvironmentInterface
import Physics

/// How push looks.
enum PushScene {
  private static let ink = Scene.Color(0.17, 0.19, 0.25)
  private static let paper = Scene.Color(0.985, 0.975, 0.95)
  private static let blockColors = [
    Scene.Color(0.90, 0.33, 0.27), Scene.Color(0.22, 0.49, 0.82),
  ]
  private static let zoneColor = Scene.Color(0.20, 0.60, 0.48)
  private static let shadow = Scene.Color(0.17, 0.15, 0.10, alpha: 0.22)

  /// The picture of a field.
  static func scene(of field: PushField, tolerance: Float) -> Scene {
    var shapes = floor()
    for (index, zone) in field.zones.enumerated() {
      let isFilled = field.blocks.indices.contains {
        field.zone(of: $0, tolerance: tolerance) == index
      }
      shapes += self.zone(reach: Double(tolerance), isFilled: isFilled).map {
        $0.placed(at: point(zone))
      }
    }
    for (block, color) in zip(field.blocks, blockColors) {
      let outline = Scene.Outline.roundedRectangle(
        center: Scene.Point(0, 0), halfWidth: half, halfHeight: half, corner: 0.022)
      let dropped = point(block.position + SIMD2(0.014, -0.018))
      shapes.append(
        Scene.Shape(outline, fill: shadow).placed(at: dropped, angle: Double(block.angle)))
      shapes += self.block(outline, color).map {
        $0.placed(at: point(block.position), angle: Double(block.angle))
      }
    }
    shapes += pusher(at: field.pusher)
    return Scene(
      from: Scene.Point(-1.1, -1.1), to: Scene.Point(1.1, 1.1),
      background: Scene.Color(0.80, 0.69, 0.54), shapes: shapes)
  }

  private static let half = Double(PushField.halfBlock)

  private static func point(_ vector: SIMD2<Float>) -> Scene.Point {
    Scene.Point(Double(vector.x), Double(vector.y))
  }

  /// The wooden frame, the table and its fine grid.
  private static func floor() -> [Scene.Shape] {
    let origin = Scene.Point(0, 0)
    func plate(_ half: Double, _ corner: Double, _ color: Scene.Color) -> Scene.Shape {
      Scene.Shape(
        .roundedRectangle(center: origin, halfWidth: half, halfHeight: half, corner: corner),
        fill: color)
    }
    var shapes = [
      plate(1.055, 0.06, Scene.Color(0.66, 0.53, 0.38)),
      plate(1.0, 0.03, paper),
    ]
    for step in -3...3 {
      let at = Double(step) * 0.25
      for ends in [
        [Scene.Point(at, -0.985), Scene.Point(at, 0.985)],
        [Scene.Point(-0.985, at), Scene.Point(0.985, at)],
      ] {
        shapes.append(
          Scene.Shape(.line(ends), stroke: ink.faded(to: 0.05), strokeWidth: 0.006))
      }
    }
    return shapes
  }

  /// A zone about the origin: a tinted square with corner brackets and a cross in its middle.
  ///
  /// The square's sides are as far out as a block's centre may be.
  private static func zone(reach: Double, isFilled: Bool) -> [Scene.Shape] {
    let arm = reach * 0.4
    var shapes = [
      Scene.Shape(
        .roundedRectangle(
          center: Scene.Point(0, 0), halfWidth: reach, halfHeight: reach, corner: reach * 0.18),
        fill: zoneColor.faded(to: isFilled ? 0.42 : 0.16))
    ]
    for (x, y) in [(1.0, 1.0), (-1.0, 1.0), (-1.0, -1.0), (1.0, -1.0)] {
      let bracket = [
        Scene.Point(x * (reach - arm), y * reach), Scene.Point(x * reach, y * reach),
        Scene.Point(x * reach, y * (reach - arm)),
      ]
      shapes.append(Scene.Shape(.line(bracket), stroke: zoneColor, strokeWidth: 0.016))
    }
    for ends in [
      [Scene.Point(-0.03, 0), Scene.Point(0.03, 0)],
      [Scene.Point(0, -0.03), Scene.Point(0, 0.03)],
    ] {
      shapes.append(
        Scene.Shape(.line(ends), stroke: zoneColor.faded(to: 0.7), strokeWidth: 0.01))
    }
    return shapes
  }

  /// A block about the origin: its body, a lighter top and a rim.
  private static func block(_ outline: Scene.Outline, _ color: Scene.Color) -> [Scene.Shape] {
    let top = Scene.Outline.roundedRectangle(
      center: Scene.Point(0, 0), halfWidth: half * 0.72, halfHeight: half * 0.72, corner: 0.014)
    return [
      Scene.Shape(outline, fill: color, stroke: color.mixed(with: ink, 0.35), strokeWidth: 0.008),
      Scene.Shape(top, fill: color.mixed(with: Scene.Color(1, 1, 1), 0.22)),
    ]
  }

  private static func pusher(at position: SIMD2<Float>) -> [Scene.Shape] {
    let radius = Double(PushField.pusherRadius)
    func disc(_ offset: SIMD2<Float>, _ radius: Double, _ fill: Scene.Color) -> Scene.Shape {
      Scene.Shape(.circle(center: point(position + offset), radius: radius), fill: fill)
    }
    return [
      disc([0.014, -0.018], radius, shadow),
      disc(.zero, radius, ink),
      disc(.zero, radius * 0.68, ink.mixed(with: Scene.Color(1, 1, 1), 0.18)),
      disc([-0.014, 0.016], radius * 0.22, Scene.Color(1, 1, 1, alpha: 0.75)),
    ]
  }
}
