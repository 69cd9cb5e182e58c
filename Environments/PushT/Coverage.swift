/// How much of the goal the T covers: exact areas of convex polygons' intersections.
package enum Coverage {
  /// The area of the T in a pose that lies on the goal, divided by the area of the goal: 0…1.
  package static func of(_ pose: TPose) -> Double {
    let overlap = corners(of: pose).reduce(0) { sum, box in
      sum + goal.reduce(0) { $0 + area(of: clipped(box, to: $1)) }
    }
    return min(overlap / TShape.area, 1)
  }

  private static let goal = corners(of: .goal)

  private static func corners(of pose: TPose) -> [[SIMD2<Double>]] {
    TShape.boxes.map { box in pose.placed(box).map { SIMD2(Double($0.x), Double($0.y)) } }
  }

  /// The part of a convex polygon inside another one, both with their corners in the same sense.
  ///
  /// Sutherland and Hodgman, "Reentrant polygon clipping", CACM 1974: what lies outside each edge
  /// of the window is cut off in turn.
  package static func clipped(
    _ polygon: [SIMD2<Double>], to window: [SIMD2<Double>]
  ) -> [SIMD2<Double>] {
    var kept = polygon
    for index in window.indices {
      let start = window[index]
      let edge = window[(index + 1) % window.count] - start
      let depths = kept.map { cross(edge, $0 - start) }
      var next: [SIMD2<Double>] = []
      for i in kept.indices {
        let j = (i + 1) % kept.count
        if depths[i] >= 0 { next.append(kept[i]) }
        if (depths[i] < 0) != (depths[j] < 0) {
          next.append(kept[i] + (kept[j] - kept[i]) * (depths[i] / (depths[i] - depths[j])))
        }
      }
      kept = next
    }
    return kept
  }

  /// The area of a polygon whose corners are in the sense from x towards y.
  package static func area(of polygon: [SIMD2<Double>]) -> Double {
    polygon.indices.reduce(0) { sum, i in
      sum + cross(polygon[i], polygon[(i + 1) % polygon.count]) / 2
    }
  }

  private static func cross(_ a: SIMD2<Double>, _ b: SIMD2<Double>) -> Double {
    a.x * b.y - a.y * b.x
  }
}
