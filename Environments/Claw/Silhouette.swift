import Foundation
import Physics

/// A disc in a toy's frame, in field units.
package struct Disc: Sendable, Hashable {
  package var center: SIMD2<Float>
  package var radius: Float

  package init(center: SIMD2<Float>, radius: Float) {
    self.center = center
    self.radius = radius
  }
}

/// What a toy looks like from above: a union of discs, or a square.
package enum Silhouette: Sendable, Hashable {
  case discs([Disc])
  case square(half: Float)

  /// Whether a point of the toy's frame lies in it.
  package func contains(_ point: SIMD2<Float>) -> Bool {
    switch self {
    case .discs(let discs):
      return discs.contains { (point - $0.center).length <= $0.radius }
    case .square(let half):
      return abs(point.x) <= half && abs(point.y) <= half
    }
  }

  /// The radius of the smallest circle about the origin that holds it.
  package var boundingRadius: Float {
    switch self {
    case .discs(let discs): return discs.map { $0.center.length + $0.radius }.max() ?? 0
    case .square(let half): return half * Float(2).squareRoot()
    }
  }

  /// Half the width and half the height of the smallest rectangle about the origin that holds it.
  package var halfExtent: SIMD2<Float> {
    switch self {
    case .discs(let discs):
      let x = discs.map { abs($0.center.x) + $0.radius }.max() ?? 0
      let y = discs.map { abs($0.center.y) + $0.radius }.max() ?? 0
      return SIMD2(x, y)
    case .square(let half): return SIMD2(half, half)
    }
  }

  /// The area, in closed form.
  package var area: Double {
    switch self {
    case .discs(let discs): return areaOfUnion(of: discs)
    case .square(let half): return 4 * Double(half) * Double(half)
    }
  }
}

/// The area of a union of discs by Green's theorem: ½ ∮ x dy − y dx over the arcs of its outline,
/// which are the parts of each circle that lie in no other disc.
package func areaOfUnion(of discs: [Disc]) -> Double {
  discs.indices.reduce(0) { $0 + outlineIntegral(of: $1, in: discs) }
}

/// One circle's part of Green's integral.
private func outlineIntegral(of index: Int, in discs: [Disc]) -> Double {
  let x = Double(discs[index].center.x)
  let y = Double(discs[index].center.y)
  let radius = Double(discs[index].radius)
  var covered: [(from: Double, to: Double)] = []
  for (other, disc) in discs.enumerated() where other != index {
    let dx = Double(disc.center.x) - x
    let dy = Double(disc.center.y) - y
    let otherRadius = Double(disc.radius)
    let distance = (dx * dx + dy * dy).squareRoot()
    // Of two equal discs only the later one counts as inside the other.
    let isInside = distance + radius <= otherRadius
    if isInside && (distance > 0 || radius < otherRadius || other < index) { return 0 }
    if distance >= radius + otherRadius || distance + otherRadius <= radius { continue }
    let middle = atan2(dy, dx)
    let cosine =
      (distance * distance + radius * radius - otherRadius * otherRadius) / (2 * distance * radius)
    let half = acos(min(max(cosine, -1), 1))
    let start = (middle - half).remainder(dividingBy: 2 * .pi) + .pi
    let end = start + 2 * half
    covered.append((start, min(end, 2 * .pi)))
    if end > 2 * .pi { covered.append((0, end - 2 * .pi)) }
  }
  // Angles here run over 0…2π and are the true ones plus π.
  var integral = 0.0
  var reached = 0.0
  for arc in covered.sorted(by: { $0.from < $1.from }) + [(2 * .pi, 2 * .pi)] {
    if arc.from > reached {
      let (a, b) = (reached - .pi, arc.from - .pi)
      integral += radius * radius * (b - a)
      integral += radius * (x * (sin(b) - sin(a)) - y * (cos(b) - cos(a)))
    }
    reached = max(reached, arc.to)
  }
  return integral / 2
}
