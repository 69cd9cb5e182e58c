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
