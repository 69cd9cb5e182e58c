internal import Neural
internal import Randomness

/// Turns standard normal noise into chunks by one pass through a network.
final class NoiseDecider: Decider {
  let observations: UnsafeMutableBufferPointer<Float>
  let images: [UnsafeMutableBufferPointer<Float>]
  private let program: InferenceProgram
  private let noise: UnsafeMutableBufferPointer<Float>
  private let width: Int

  /// Compiles a network.
  ///
  /// - Parameters:
  ///   - chunk: What it makes.
  ///   - noise: The input that noise is written to.
  ///   - inputs: The inputs that show it a window.
  ///   - weights: Its parameters' values.
  ///   - options: How to decide.
  /// - Throws: ``ImitationError/decisionsTooLarge(samples:needed:available:)``.
  init(
    _ chunk: Node, noise: Node, _ inputs: EncoderInputs, weights: Weights, options: DeciderOptions
  ) throws {
    try DecidingMemory.check(chunk, samples: options.capacity, observations: options.capacity)
    program = InferenceProgram(
      computing: chunk, weights: weights, samples: options.capacity,
      observations: options.capacity, precision: options.precision)
    program.prepareNoiseSteps()
    self.noise = program.rows(of: noise)
    width = noise.count
    observations = program.rows(of: inputs.observation)
    images = program.imageRows(inputs)
  }

  var capacity: Int { program.capacity.observations }

  func decide(_ keys: UnsafeBufferPointer<DecisionKey>) -> UnsafeMutableBufferPointer<Float> {
    for (row, key) in keys.enumerated() {
      fillNormals(
        UnsafeMutableBufferPointer(rebasing: noise[row * width..<(row + 1) * width]),
        seed: key.seed, purpose: .sampling, step: UInt32(truncatingIfNeeded: key.step), index: 0)
    }
    program.observe(observations: keys.count, samples: keys.count)
    program.step(samples: keys.count, observations: keys.count)
    let chunk = program.output.count / capacity
    return UnsafeMutableBufferPointer(rebasing: program.output[..<(keys.count * chunk)])
  }
}
