import EnvironmentInterface
import Foundation

/// How the toys look, each in its own frame, in field units.
enum ToyPicture {
  private static let white = Scene.Color(1, 1, 1)
  private static let ink = Scene.Color(0.16, 0.13, 0.17)

  /// The shapes of a kind of toy, drawn first to last.
  static func shapes(of kind: ToyKind) -> [Scene.Shape] {
    switch kind {
    case .ball: ball
    case .box: box
    case .bear: bear
    case .snake: snake
    }
  }

  /// What a toy's shadow looks like: its silhouette.
  static func shadow(of kind: ToyKind) -> [Scene.Shape] {
    let color = Scene.Color(0.1, 0.05, 0.2, alpha: 0.16)
    switch kind.silhouette {
    case .discs(let discs):
      return discs.map { disc($0.center.x, $0.center.y, $0.radius, color) }
    case .square(let half):
      return [rectangle(0, 0, Double(half), Double(half), 0.02, color)]
    }
  }

  private static func disc(
    _ x: Float, _ y: Float, _ radius: Float, _ fill: Scene.Color, rim: Scene.Color? = nil
  ) -> Scene.Shape {
    Scene.Shape(
      .circle(center: Scene.Point(Double(x), Double(y)), radius: Double(radius)), fill: fill,
      stroke: rim, strokeWidth: rim == nil ? 0 : 0.008)
  }

  /// A rectangle with rounded corners.
  static func rectangle(
    _ x: Double, _ y: Double, _ halfWidth: Double, _ halfHeight: Double, _ corner: Double,
    _ fill: Scene.Color
  ) -> Scene.Shape {
    Scene.Shape(
      .roundedRectangle(
        center: Scene.Point(x, y), halfWidth: halfWidth, halfHeight: halfHeight, corner: corner),
      fill: fill)
  }

  /// A beach ball: six slices and a cap.
  private static var ball: [Scene.Shape] {
    let colors = [
      Scene.Color(0.93, 0.29, 0.27), white, Scene.Color(0.98, 0.78, 0.20), white,
      Scene.Color(0.16, 0.56, 0.86), white,
    ]
    let slices = colors.enumerated().map { index, color in
      Scene.Shape(
        .slice(
          center: Scene.Point(0, 0), radius: 0.15, from: Double(index) * .pi / 3,
          to: Double(index + 1) * .pi / 3),
        fill: color)
    }
    let rim = Scene.Shape(
      .circle(center: Scene.Point(0, 0), radius: 0.147), stroke: ink.faded(to: 0.35),
      strokeWidth: 0.007)
    return slices + [
      rim, disc(0, 0, 0.03, white, rim: ink.faded(to: 0.3)),
      disc(-0.055, 0.07, 0.026, white.faded(to: 0.75)),
    ]
  }

  /// A present: paper, ribbons, a bow.
  private static var box: [Scene.Shape] {
    let paper = Scene.Color(0.55, 0.36, 0.80)
    let ribbon = Scene.Color(1.0, 0.82, 0.35)
    let body = Scene.Outline.roundedRectangle(
      center: Scene.Point(0, 0), halfWidth: 0.13, halfHeight: 0.13, corner: 0.014)
    var shapes = [
      Scene.Shape(body, fill: paper, stroke: paper.mixed(with: ink, 0.4), strokeWidth: 0.007),
      rectangle(0, 0, 0.105, 0.105, 0.012, paper.mixed(with: white, 0.14)),
      rectangle(0, 0, 0.022, 0.13, 0.001, ribbon),
      rectangle(0, 0, 0.13, 0.022, 0.001, ribbon),
    ]
    for side: Double in [-1, 1] {
      let loop = [
        Scene.Point(0, 0), Scene.Point(side * 0.045, 0.04), Scene.Point(side * 0.078, 0.026),
        Scene.Point(side * 0.078, -0.026), Scene.Point(side * 0.045, -0.04),
      ]
      shapes.append(
        Scene.Shape(
          .polygon(loop), fill: ribbon.mixed(with: white, 0.25),
          stroke: Scene.Color(0.80, 0.55, 0.12), strokeWidth: 0.007))
    }
    return shapes + [disc(0, 0, 0.024, ribbon, rim: Scene.Color(0.80, 0.55, 0.12))]
  }

  /// A teddy: what the silhouette's discs are, from the back to the front.
  private static var bear: [Scene.Shape] {
    let fur = Scene.Color(0.66, 0.44, 0.26)
    let pale = Scene.Color(0.93, 0.80, 0.62)
    let rim = fur.mixed(with: ink, 0.35)
    guard case .discs(let discs) = ToyKind.bear.silhouette else { return [] }
    let order = [6, 7, 4, 5, 0, 2, 3, 1]
    var shapes = order.map { index in
      let part = discs[index]
      return disc(part.center.x, part.center.y, part.radius - 0.003, fur, rim: rim)
    }
    shapes += [
      disc(0, -0.06, 0.07, pale),
      disc(-0.08, -0.145, 0.026, pale), disc(0.08, -0.145, 0.026, pale),
      disc(-0.077, 0.168, 0.02, pale), disc(0.077, 0.168, 0.02, pale),
      disc(0, 0.075, 0.045, pale),
      disc(0, 0.09, 0.017, ink),
      disc(-0.038, 0.128, 0.013, ink), disc(0.038, 0.128, 0.013, ink),
      disc(-0.034, 0.132, 0.0045, white), disc(0.042, 0.132, 0.0045, white),
    ]
    let smile = [Scene.Point(-0.018, 0.06), Scene.Point(0, 0.05), Scene.Point(0.018, 0.06)]
    shapes.append(Scene.Shape(.line(smile), stroke: ink, strokeWidth: 0.007))
    return shapes
  }

  /// A snake: rims, then the body over them, spots, and a face.
  private static var snake: [Scene.Shape] {
    let skin = Scene.Color(0.36, 0.70, 0.32)
    let dark = Scene.Color(0.16, 0.44, 0.24)
    let tongue = Scene.Color(0.89, 0.24, 0.33)
    guard case .discs(let discs) = ToyKind.snake.silhouette, let head = discs.last else {
      return []
    }
    let (x, y) = (Double(head.center.x), Double(head.center.y))
    let stem = [Scene.Point(x + 0.05, y), Scene.Point(x + 0.095, y + 0.002)]
    var shapes = [Scene.Shape(.line(stem), stroke: tongue, strokeWidth: 0.012)]
    for side in [-1.0, 1.0] {
      let tip = [stem[1], Scene.Point(x + 0.118, y + 0.014 * side)]
      shapes.append(Scene.Shape(.line(tip), stroke: tongue, strokeWidth: 0.009))
    }
    shapes += discs.map { disc($0.center.x, $0.center.y, $0.radius, dark) }
    shapes += discs.map { disc($0.center.x, $0.center.y, $0.radius - 0.009, skin) }
    // The body between two neighbouring discs, so that it does not look like beads.
    for (a, b) in zip(discs, discs.dropFirst()) {
      let ends = [a, b].map { Scene.Point(Double($0.center.x), Double($0.center.y)) }
      let width = 2 * Double(min(a.radius, b.radius) - 0.009)
      shapes.append(Scene.Shape(.line(ends), stroke: skin, strokeWidth: width))
    }
    for spot in discs.dropFirst().dropLast() {
      shapes.append(
        disc(spot.center.x, spot.center.y, spot.radius * 0.42, Scene.Color(0.95, 0.86, 0.35)))
    }
    for side: Float in [-1, 1] {
      let eye = head.center + SIMD2(0.018, 0.032 * side)
      shapes.append(disc(eye.x, eye.y, 0.019, white, rim: dark))
      shapes.append(disc(eye.x + 0.005, eye.y, 0.010, ink))
    }
    return shapes
  }
}
