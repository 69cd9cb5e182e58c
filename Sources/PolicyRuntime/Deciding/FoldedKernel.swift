internal import Foundation
internal import Neural
internal import Randomness

/// A normal kernel about a point of the cube [−1, 1]^n that is reflected at its sides: what moves a
/// chunk that has to stay among the normalised actions.
///
/// Reflecting, unlike clamping, puts no mass on the sides, and it leaves a uniform distribution
/// uniform, which cutting off would not.
struct FoldedKernel: Sendable {
  /// The standard deviation before reflection, in (0, 1].
  let deviation: Double

  /// Draws a place about a point.
  ///
  /// - Parameters:
  ///   - place: Where the place goes.
  ///   - point: The point, within the cube.
  ///   - stream: The randomness.
  func draw(
    _ place: UnsafeMutableBufferPointer<Float>, about point: UnsafeBufferPointer<Float>,
    _ stream: inout RandomStream
  ) {
    for j in place.indices {
      place[j] = Self.folded(point[j] + Float(deviation * stream.normal()))
    }
  }

  /// A value beyond −1 or 1 as the mirror images of [−1, 1] have it.
  static func folded(_ x: Float) -> Float {
    guard abs(x) > 1 else { return x }
    let place = (x + 1).truncatingRemainder(dividingBy: 4)
    let ahead = place < 0 ? place + 4 : place
    return ahead > 2 ? 3 - ahead : ahead - 1
  }

  /// The logarithm of the density of the kernels about all points, each equally likely.
  ///
  /// - Parameters:
  ///   - place: The place, as many numbers as a point has.
  ///   - points: Points × width.
  ///   - workspace: Room for a number a point.
  /// - Returns: ln p, but for what depends on neither place nor points.
  func logDensity(
    at place: UnsafeBufferPointer<Float>, of points: UnsafeBufferPointer<Float>,
    workspace: UnsafeMutableBufferPointer<Float>
  ) -> Double {
    writeFoldedExponents(workspace, of: points, about: place, deviation: Float(deviation))
    let largest = Double(workspace.max() ?? 0)
    return largest + log(workspace.reduce(0.0) { $0 + exp(Double($1) - largest) })
  }
}
