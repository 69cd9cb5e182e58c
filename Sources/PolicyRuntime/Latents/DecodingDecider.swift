internal import Neural

/// Draws latents and decodes them.
final class DecodingDecider: Decider {
  private let latents: any Decider
  private let program: InferenceProgram
  private let input: UnsafeMutableBufferPointer<Float>
  private let scale: (middle: [Float], half: Float)
  private let width, latentWidth: Int

  /// - Parameters:
  ///   - latents: Draws scaled latents.
  ///   - chunk: What they are decoded to.
  ///   - latent: The input of the decoder.
  ///   - scale: Middle and half of latents.
  ///   - weights: The parameters' values.
  ///   - precision: How weights are kept.
  init(
    _ latents: any Decider, decoding chunk: Node, from latent: Node,
    scale: (middle: [Float], half: Float), weights: Weights, precision: WeightPrecision
  ) {
    self.latents = latents
    self.scale = scale
    program = InferenceProgram(
      computing: chunk, weights: weights, samples: latents.capacity,
      observations: latents.capacity, precision: precision)
    program.prepareNoiseSteps()
    input = program.rows(of: latent)
    (width, latentWidth) = (chunk.count, latent.count)
  }

  var capacity: Int { latents.capacity }
  var observations: UnsafeMutableBufferPointer<Float> { latents.observations }
  var images: [UnsafeMutableBufferPointer<Float>] { latents.images }

  func decide(_ keys: UnsafeBufferPointer<DecisionKey>) -> UnsafeMutableBufferPointer<Float> {
    let drawn = latents.decide(keys)
    for index in 0..<keys.count * latentWidth {
      input[index] = scale.middle[index % latentWidth] + scale.half * drawn[index]
    }
    program.observe(observations: keys.count, samples: keys.count)
    program.step(samples: keys.count, observations: keys.count)
    return UnsafeMutableBufferPointer(rebasing: program.output[..<(keys.count * width)])
  }
}
