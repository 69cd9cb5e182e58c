internal import Randomness

/// Which window stands in which row of which training step: every epoch is a new shuffle of all
/// windows, computed from seed and position alone, so that a resumed training goes on as if it had
/// never stopped.
struct WindowOrder: Sendable {
  let count: Int
  let batch: Int
  let seed: UInt64

  /// The window of a row; `step` counts from 0.
  func window(step: Int, row: Int) -> Int {
    let position = step * batch + row
    let (epoch, place) = position.quotientAndRemainder(dividingBy: count)
    return KeyedPermutation(
      count: count, seed: seed, purpose: .batch, epoch: UInt32(truncatingIfNeeded: epoch))[place]
  }
}
