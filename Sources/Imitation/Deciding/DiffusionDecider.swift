internal import Diffusion
internal import Neural
internal import Randomness

/// Draws chunks by running the reverse process on all windows at once.
final class DiffusionDecider: Decider {
  private let program: InferenceProgram
  private let plan: SamplingPlan
  private let chunks: UnsafeMutableBufferPointer<Float>
  private let noise: FloatBuffer
  let observations: UnsafeMutableBufferPointer<Float>

  init(_ program: InferenceProgram, plan: SamplingPlan) {
    self.program = program
    self.plan = plan
    observations = program.rows("observation")
    chunks = program.rows("noisyActions")
    noise = FloatBuffer(count: plan.isStochastic ? chunks.count : 0)
  }

  var capacity: Int { program.capacity.samples }

  func decide(_ keys: [DecisionKey]) -> UnsafeMutableBufferPointer<Float> {
    let count = keys.count
    let width = chunks.count / capacity
    let x = UnsafeMutableBufferPointer(rebasing: chunks[..<(count * width)])
    let prediction = UnsafeMutableBufferPointer(rebasing: program.output[..<(count * width)])
    let noise = UnsafeMutableBufferPointer(
      start: noise.pointer, count: min(noise.count, count * width))
    draw(0, keys, into: x)
    program.observe(observations: count, samples: count)
    // The network reads x and writes the prediction where they are.
    plan.run(
      x, prediction: prediction, noise: noise,
      predict: { _, time, _ in
        program.step(time: time - 1, samples: count, observations: count)
      },
      draw: { index, noise in draw(index + 1, keys, into: noise) })
    return x
  }

  /// Fills rows with noise, each a function of its own decision alone.
  private func draw(
    _ index: Int, _ keys: [DecisionKey], into rows: UnsafeMutableBufferPointer<Float>
  ) {
    let width = rows.count / max(keys.count, 1)
    for (row, key) in keys.enumerated() {
      fillNormals(
        UnsafeMutableBufferPointer(rebasing: rows[row * width..<(row + 1) * width]),
        seed: key.seed, purpose: .sampling, step: UInt32(truncatingIfNeeded: key.step),
        index: UInt32(index))
    }
  }
}
