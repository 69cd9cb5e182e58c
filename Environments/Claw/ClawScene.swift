import EnvironmentInterface
import Foundation

/// How the claw machine looks.
enum ClawScene {
  private static let cabinet = Scene.Color(0.27, 0.17, 0.44)
  private static let felt = Scene.Color(0.95, 0.91, 0.86)
  private static let steel = Scene.Color(0.62, 0.66, 0.72)
  private static let gold = Scene.Color(1.0, 0.80, 0.30)
  private static let ink = Scene.Color(0.13, 0.10, 0.18)

  /// The picture of a field: cabinet, toys, what the last drop did, chute, prizes, drops left.
  static func scene(of field: ClawField, options: ClawOptions) -> Scene {
    var shapes = machine() + chute()
    if field.dropCount > 0 { shapes += mark(at: field.lastPoint, outcome: field.lastOutcome) }
    for slot in field.presentSlots {
      let toy = field.toys[slot]
      shapes += picture(
        of: toy.kind, at: Scene.Point(Double(toy.position.x), Double(toy.position.y)),
        angle: Double(toy.angle))
    }
    if field.dropCount > 0 { shapes += cross(at: field.lastPoint) }
    let delivered = field.toys.filter { !$0.isPresent }.sorted { $0.delivery < $1.delivery }
    for (index, toy) in delivered.enumerated() {
      let place = Scene.Point(-0.30 + 0.37 * Double(index), -1.34)
      shapes += picture(of: toy.kind, at: place, angle: 0, scale: 0.62)
    }
    shapes += claw(at: Scene.Point(Double(ClawDrop.chute.x), Double(ClawDrop.chute.y)))
    shapes += coins(left: options.dropLimit - field.dropCount)
    return Scene(
      from: Scene.Point(-1.2, -1.66), to: Scene.Point(1.2, 1.24), background: cabinet,
      shapes: shapes)
  }

  private static func picture(
    of kind: ToyKind, at place: Scene.Point, angle: Double, scale: Double = 1
  ) -> [Scene.Shape] {
    let shaded = Scene.Point(place.x + 0.016 * scale, place.y - 0.022 * scale)
    return ToyPicture.shadow(of: kind).map { $0.placed(at: shaded, angle: angle, scale: scale) }
      + ToyPicture.shapes(of: kind).map { $0.placed(at: place, angle: angle, scale: scale) }
  }

  private static func disc(
    _ x: Double, _ y: Double, _ radius: Double, _ fill: Scene.Color, rim: Scene.Color? = nil
  ) -> Scene.Shape {
    Scene.Shape(
      .circle(center: Scene.Point(x, y), radius: radius), fill: fill, stroke: rim,
      strokeWidth: rim == nil ? 0 : 0.012)
  }

  /// The cabinet's frame with its lamps, and the felt with a pattern of dots.
  private static func machine() -> [Scene.Shape] {
    var shapes = [
      ToyPicture.rectangle(0, 0, 1.07, 1.07, 0.07, cabinet.mixed(with: ink, 0.45)),
      ToyPicture.rectangle(0, 0, 1.0, 1.0, 0.035, felt),
    ]
    for row in -6...6 {
      for column in -6...6 {
        let x = (Double(column) + (row.isMultiple(of: 2) ? 0 : 0.5)) * 0.15
        guard abs(x) < 0.96 else { continue }
        shapes.append(disc(x, Double(row) * 0.15, 0.008, Scene.Color(0.80, 0.72, 0.70)))
      }
    }
    for index in -5...5 {
      let at = Double(index) * 0.21
      let lamp = index.isMultiple(of: 2) ? gold : Scene.Color(0.98, 0.48, 0.62)
      shapes += [
        disc(at, 1.15, 0.024, lamp), disc(-1.135, at, 0.024, lamp), disc(1.135, at, 0.024, lamp),
      ]
    }
    return shapes
  }

  /// The chute's hole and the tray for prizes.
  private static func chute() -> [Scene.Shape] {
    let x = Double(ClawDrop.chute.x)
    let y = Double(ClawDrop.chute.y)
    return [
      ToyPicture.rectangle(x, y, 0.27, 0.22, 0.06, gold),
      ToyPicture.rectangle(x, y, 0.235, 0.185, 0.045, ink),
      ToyPicture.rectangle(0.27, y, 0.78, 0.22, 0.06, cabinet.mixed(with: ink, 0.45)),
      ToyPicture.rectangle(
        0.27, y, 0.75, 0.19, 0.045, cabinet.mixed(with: Scene.Color(1, 1, 1), 0.12)),
    ]
  }

  /// Where the prongs last came down.
  private static func mark(at point: SIMD2<Float>, outcome: ClawField.Outcome) -> [Scene.Shape] {
    let (x, y) = (Double(point.x), Double(point.y))
    let color = outcome == .delivered ? Scene.Color(0.15, 0.62, 0.42) : Scene.Color(0.80, 0.28, 0.3)
    let ring = Double(ClawDrop.ringRadius)
    let dashes = (0..<18).map { index in
      let start = Double(index) * .pi / 9
      let arc = (0...3).map { piece in
        let angle = start + Double(piece) * .pi / 54
        return Scene.Point(x + ring * cos(angle), y + ring * sin(angle))
      }
      return Scene.Shape(.line(arc), stroke: color.faded(to: 0.8), strokeWidth: 0.012)
    }
    let prongs = ClawDrop.directions.map { direction in
      disc(
        x + ring * Double(direction.x), y + ring * Double(direction.y),
        Double(ClawDrop.prongRadius), color.faded(to: 0.55))
    }
    return dashes + prongs
  }

  private static func cross(at point: SIMD2<Float>) -> [Scene.Shape] {
    let (x, y) = (Double(point.x), Double(point.y))
    let size = 0.028
    let lines = [
      [Scene.Point(x - size, y - size), Scene.Point(x + size, y + size)],
      [Scene.Point(x - size, y + size), Scene.Point(x + size, y - size)],
    ]
    return lines.map { Scene.Shape(.line($0), stroke: felt, strokeWidth: 0.03) }
      + lines.map { Scene.Shape(.line($0), stroke: ink, strokeWidth: 0.013) }
  }

  /// The claw, open over the chute: three jointed arms and a hub.
  private static func claw(at center: Scene.Point) -> [Scene.Shape] {
    var shapes: [Scene.Shape] = []
    for direction in ClawDrop.directions {
      let (dx, dy) = (Double(direction.x), Double(direction.y))
      func along(_ out: Double, _ aside: Double) -> Scene.Point {
        Scene.Point(center.x + dx * out - dy * aside, center.y + dy * out + dx * aside)
      }
      let arm = [along(0.03, 0), along(0.10, 0.018), along(0.15, 0)]
      shapes.append(Scene.Shape(.line(arm), stroke: ink, strokeWidth: 0.05))
      shapes.append(Scene.Shape(.line(arm), stroke: steel, strokeWidth: 0.03))
      let tip = along(0.15, 0)
      shapes.append(disc(tip.x, tip.y, 0.026, Scene.Color(0.88, 0.90, 0.94), rim: ink))
    }
    return shapes + [
      disc(center.x, center.y, 0.062, steel, rim: ink),
      disc(center.x, center.y, 0.034, Scene.Color(0.93, 0.33, 0.36)),
      disc(center.x - 0.01, center.y + 0.012, 0.010, Scene.Color(1, 1, 1, alpha: 0.8)),
    ]
  }

  /// One coin for each drop that is left, at the machine's foot.
  private static func coins(left: Int) -> [Scene.Shape] {
    (0..<min(max(left, 0), 20)).flatMap { index -> [Scene.Shape] in
      let x = 1.10 - 0.085 * Double(index)
      return [
        disc(x, -1.595, 0.034, gold, rim: Scene.Color(0.75, 0.50, 0.10)),
        disc(x, -1.595, 0.018, Scene.Color(0.90, 0.62, 0.15)),
      ]
    }
  }
}
