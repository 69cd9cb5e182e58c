internal import CKernels
public import Randomness

/// Fills memory with standard normal numbers, a pure function of seed, purpose, step and index.
///
/// - Parameters:
///   - output: What to fill.
///   - seed: The key.
///   - purpose: What the numbers are for.
///   - step: The training step, episode step or the like.
///   - index: The sample.
public func fillNormals(
  _ output: UnsafeMutableBufferPointer<Float>, seed: UInt64, purpose: RandomPurpose, step: UInt32,
  index: UInt32
) {
  guard let base = output.baseAddress else { return }
  CKernels_normals(base, output.count, seed, index, step, purpose.rawValue)
}

/// The logarithms of normal kernels about points of [−1, 1]^n at a place, each value reflected at
/// the ends, but for their normalisation.
///
/// - Parameters:
///   - exponents: Room for a number a point.
///   - points: Points × n.
///   - place: n numbers in [−1, 1].
///   - deviation: The kernels' standard deviation, in (0, 1].
package func writeFoldedExponents(
  _ exponents: UnsafeMutableBufferPointer<Float>, of points: UnsafeBufferPointer<Float>,
  about place: UnsafeBufferPointer<Float>, deviation: Float
) {
  precondition(points.count == exponents.count * place.count, "points of another width")
  guard let to = exponents.baseAddress, let from = points.baseAddress, let x = place.baseAddress
  else { return }
  CKernels_folded_exponents(to, from, x, deviation, exponents.count, place.count)
}
