internal import Neural
internal import Randomness

/// Draws chunks from e^(−E) by Langevin dynamics: from a uniform chunk a ← a − s²/2 · ∇E + s · z,
/// z ~ N(0, I), with shrinking steps s.
///
/// Steps beyond ±1 are reflected, which leaves e^(−E) within the bounds as it is; clamping would
/// pile chunks up on them.
///
/// Which mode a chunk ends in depends on where it starts, so modes weigh what their basins hold.
///
/// Source: Florence et al., "Implicit behavioral cloning", CoRL 2021, appendix B.3; Welling & Teh,
/// "Bayesian learning via stochastic gradient Langevin dynamics", 2011.
final class LangevinDecider: Decider {
  let observations: UnsafeMutableBufferPointer<Float>
  let images: [UnsafeMutableBufferPointer<Float>]
  private let program: TrainingProgram
  private let weights: Weights
  private let options: EnergyConfiguration
  private let width: Int
  private let shape: PolicyShape
  private let actions: UnsafeMutablePointer<Float>
  private let slopes: UnsafeMutableBufferPointer<Float>
  private let noise: FloatBuffer

  init(
    _ program: TrainingProgram, _ inputs: EncoderInputs, actions: Node, weights: Weights,
    _ options: EnergyConfiguration, _ shape: PolicyShape
  ) {
    self.program = program
    self.weights = weights
    self.options = options
    width = shape.chunkWidth
    self.shape = shape
    observations = program.rows(of: inputs.observation)
    images = inputs.images.map { program.rows(of: $0) }
    self.actions = program.memory(of: actions)
    slopes = program.inputGradient(of: actions)
    noise = FloatBuffer(count: program.batch * width)
    // The sum of energies, so that each chunk follows its own.
    program.outputGradient.update(repeating: 1)
  }

  var capacity: Int { program.batch }

  func decide(_ keys: UnsafeBufferPointer<DecisionKey>) -> UnsafeMutableBufferPointer<Float> {
    let count = keys.count * width
    for (row, key) in keys.enumerated() {
      var stream = key.stream
      for j in row * width..<(row + 1) * width {
        let reach = shape.reach(ofChunkValue: j)
        actions[j] = Float(
          stream.uniform(from: Double(reach.lowerBound), to: Double(reach.upperBound)))
      }
    }
    for step in 0..<options.langevinSteps {
      program.forward(weights)
      program.backward(weights)
      draw(step, keys)
      let remaining = 1 - Float(step) / Float(options.langevinSteps)
      let size = Float(options.langevinStep) * remaining * remaining
      for j in 0..<count {
        let moved = actions[j] - size * size / 2 * slopes[j] + size * noise.pointer[j]
        let unit = FoldedKernel.folded(shape.unit(ofValue: moved, at: j % width))
        actions[j] = shape.value(ofUnit: unit, at: j % width)
      }
    }
    return UnsafeMutableBufferPointer(start: actions, count: count)
  }

  /// Fills rows with noise, each a function of its own decision alone.
  private func draw(_ step: Int, _ keys: UnsafeBufferPointer<DecisionKey>) {
    for (row, key) in keys.enumerated() {
      fillNormals(
        UnsafeMutableBufferPointer(start: noise.pointer + row * width, count: width),
        seed: key.seed, purpose: .sampling, step: UInt32(truncatingIfNeeded: key.step),
        index: UInt32(step + 1))
    }
  }
}
