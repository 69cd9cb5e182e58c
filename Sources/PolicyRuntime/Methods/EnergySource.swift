internal import Neural
internal import Randomness

/// Fills groups of rows that see the same window: the demonstrated chunk first, then chunks drawn
/// uniformly from where the demonstrations are in each dimension.
final class EnergySource: WindowSource {
  let windows: WindowInputs
  private let group: Int
  private let actions: UnsafeMutablePointer<Float>

  init(_ program: TrainingProgram, _ windows: WindowInputs, actions: Node, group: Int) {
    self.windows = windows
    self.group = group
    self.actions = program.memory(of: actions)
  }

  func fill(_ rows: Range<Int>, step: Int) {
    let shape = windows.data.shape
    let width = shape.chunkWidth
    for first in stride(from: rows.lowerBound, to: rows.upperBound, by: group) {
      let place = first / group
      let chunk = actions + first * width
      windows.fill(row: first, place: place, step: step, action: chunk)
      windows.repeatRow(first, times: group - 1)
      var stream = RandomStream(
        seed: windows.order.seed, purpose: .counterExamples,
        step: UInt32(truncatingIfNeeded: step), index: UInt32(place))
      for j in width..<group * width {
        let reach = shape.reach(ofChunkValue: j)
        chunk[j] = Float(
          stream.uniform(from: Double(reach.lowerBound), to: Double(reach.upperBound)))
      }
    }
  }
}
