import Foundation
import Physics

/// Where the T is: the origin of its frame in pixels, and how that is turned.
package struct TPose: Sendable, Hashable {
  /// The frame's origin, the middle of the bar's outer edge.
  package var position: SIMD2<Float>
  /// In radians from x towards y, which points down (clockwise on the screen); full turns count.
  package var angle: Float

  /// Creates a pose.
  package init(_ position: SIMD2<Float>, angle: Float) {
    self.position = position
    self.angle = angle
  }

  /// Where the T belongs.
  package static let goal = TPose(SIMD2(256, 256), angle: .pi / 4)

  /// Where points of the T's frame lie in the workspace.
  package func placed(_ points: [SIMD2<Float>]) -> [SIMD2<Float>] {
    let (cosine, sine) = (cosf(angle), sinf(angle))
    return points.map { position + $0.turned(cosine: cosine, sine: sine) }
  }

  /// Where a point of the workspace lies in the T's frame.
  package func local(_ point: SIMD2<Float>) -> SIMD2<Float> {
    (point - position).turned(cosine: cosf(angle), sine: -sinf(angle))
  }

  /// The angle in [0, 2π), as the public environment gives it.
  package var wrappedAngle: Float {
    let turned = angle - 2 * .pi * (angle / (2 * .pi)).rounded(.down)
    return turned >= 0 && turned < 2 * .pi ? turned : 0
  }
}
