import Foundation

/// Rotations as networks learn them: six numbers that change as little as the rotation does.
///
/// A unit quaternion q and −q are the same rotation, so a network that predicts quaternions meets
/// two answers for one; the first two columns of the rotation's matrix are one answer. Which of the
/// four numbers is the scalar makes no difference here: another order is another rotation, and
/// back.
///
/// Source: Zhou et al., "On the continuity of rotation representations in neural networks", CVPR
/// 2019, section 4.2.
enum Rotation {
  /// The number of features.
  static let width = 6

  /// The first two columns of the matrix of a quaternion (x, y, z, w) of any length but 0; nil for
  /// one of length 0.
  static func columns(
    _ quaternion: SIMD4<Double>
  ) -> (first: SIMD3<Double>, second: SIMD3<Double>)? {
    let length = (quaternion * quaternion).sum().squareRoot()
    guard length > 1e-12, length.isFinite else { return nil }
    let q = quaternion / length
    let (x, y, z, w) = (q.x, q.y, q.z, q.w)
    return (
      SIMD3(1 - 2 * (y * y + z * z), 2 * (x * y + z * w), 2 * (x * z - y * w)),
      SIMD3(2 * (x * y - z * w), 1 - 2 * (x * x + z * z), 2 * (y * z + x * w))
    )
  }

  /// The unit quaternion (x, y, z, w) of the rotation nearest to two columns, which are made
  /// orthogonal first (Gram and Schmidt); one of its two signs.
  static func quaternion(
    nearestTo columns: (first: SIMD3<Double>, second: SIMD3<Double>)
  ) -> SIMD4<Double> {
    let first = unit(columns.first) ?? SIMD3(1, 0, 0)
    let rest = columns.second - first * (first * columns.second).sum()
    // Columns that point the same way leave the second one open: any that is orthogonal.
    let axis = abs(first.x) < 0.9 ? SIMD3<Double>(1, 0, 0) : SIMD3<Double>(0, 1, 0)
    let second = unit(rest) ?? unit(axis - first * (first * axis).sum()) ?? SIMD3(0, 1, 0)
    return quaternion(first, second, cross(first, second))
  }

  /// The quaternion of an orthogonal matrix by its columns, from its largest component, so that
  /// nothing is divided by a small number.
  private static func quaternion(
    _ a: SIMD3<Double>, _ b: SIMD3<Double>, _ c: SIMD3<Double>
  ) -> SIMD4<Double> {
    // Four times the squares of x, y, z, w.
    let squares = SIMD4(
      1 + a.x - b.y - c.z, 1 - a.x + b.y - c.z, 1 - a.x - b.y + c.z, 1 + a.x + b.y + c.z)
    let q: SIMD4<Double> =
      switch squares.max() {
      case squares.w: SIMD4(b.z - c.y, c.x - a.z, a.y - b.x, squares.w)
      case squares.x: SIMD4(squares.x, a.y + b.x, c.x + a.z, b.z - c.y)
      case squares.y: SIMD4(a.y + b.x, squares.y, b.z + c.y, c.x - a.z)
      default: SIMD4(c.x + a.z, b.z + c.y, squares.z, a.y - b.x)
      }
    return q / (q * q).sum().squareRoot()
  }

  private static func unit(_ v: SIMD3<Double>) -> SIMD3<Double>? {
    let length = (v * v).sum().squareRoot()
    return length > 1e-9 && length.isFinite ? v / length : nil
  }

  private static func cross(_ a: SIMD3<Double>, _ b: SIMD3<Double>) -> SIMD3<Double> {
    SIMD3(a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x)
  }
}
