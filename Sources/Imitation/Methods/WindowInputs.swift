internal import Demonstrations
internal import Neural
internal import Randomness

/// Fills the inputs that a network's encoder reads with windows in shuffled order; every method's
/// batch source has one.
struct WindowInputs {
  let data: WindowDataset
  let order: WindowOrder
  private let observation: UnsafeMutablePointer<Float>
  /// Where observations may be dropped: kept, dropped, and how often.
  private let dropping:
    (kept: UnsafeMutablePointer<Float>, dropped: UnsafeMutablePointer<Float>, rate: Double)?

  init(
    _ program: TrainingProgram, network: PolicyNetwork, data: WindowDataset, batch: Int,
    seed: UInt64, dropout: Double = 0
  ) {
    self.data = data
    order = WindowOrder(count: data.count, batch: batch, seed: seed)
    observation = program.memory("observation")
    dropping =
      dropout > 0 ? (program.memory("kept"), program.memory("dropped"), dropout) : nil
  }

  /// Writes the row of a window and its clean chunk; allocates nothing.
  ///
  /// - Parameters:
  ///   - row: The row of the batch.
  ///   - step: The training step, from 0.
  ///   - action: Room for the chunk, Tp × A.
  func fill(row: Int, step: Int, action: UnsafeMutablePointer<Float>) {
    let width = data.observationWidth
    data.gather(
      window: order.window(step: step, row: row), observation: observation + row * width,
      action: action)
    guard let (kept, dropped, rate) = dropping else { return }
    var stream = RandomStream(
      seed: order.seed, purpose: .observationDropout, step: UInt32(truncatingIfNeeded: step),
      index: UInt32(row))
    let isDropped = stream.uniform() < rate
    (kept + row * width).update(repeating: isDropped ? 0 : 1, count: width)
    dropped[row] = isDropped ? 1 : 0
  }
}
