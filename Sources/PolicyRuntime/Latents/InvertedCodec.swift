internal import Diffusion
internal import Neural

/// The codec of a diffusion autoencoder: a latent from the encoder, and the noise to which the
/// steps of ddim lead back from the chunk; both lead to the chunk again.
///
/// Source: Preechakul et al. 2022, equation 8.
final class InvertedCodec: ChunkCodec {
  private let network: DiffusionAutoencoderNetwork
  private let questions: DenoisingQuestions
  private let condition: UnsafeMutableBufferPointer<Float>?
  private let weights: Weights
  /// The largest magnitude of x̂_0, as the sampler has it; nil for no clipping.
  private let clip: Double?

  init(
    _ network: DiffusionAutoencoderNetwork, _ questions: DenoisingQuestions,
    _ condition: UnsafeMutableBufferPointer<Float>?, clip: Double?, weights: Weights
  ) {
    self.clip = clip.map { $0 * Double(network.denoiser.network.shape.largestReach) }
    self.network = network
    self.questions = questions
    self.condition = condition
    self.weights = weights
  }

  var capacity: Int { questions.capacity }
  var observations: UnsafeMutableBufferPointer<Float> { questions.observations }
  var images: [UnsafeMutableBufferPointer<Float>] { questions.images }
  var latentWidth: Int { network.scale.middle.count }

  func latents(of chunks: [Float]) -> [Float] { network.latents(of: chunks, weights) }

  func noise(of chunks: [Float], latents: [Float]) -> [Float]? {
    tell(latents)
    var x = chunks
    // At the clean chunk the network is asked as at the first noise step.
    for t in 0..<questions.process.steps { move(&x, from: max(t, 1), of: t, to: t + 1) }
    return x
  }

  func chunks(of latents: [Float], noise: [Float]?) -> [Float] {
    tell(latents)
    let width = network.denoiser.network.shape.chunkWidth
    var x = noise ?? Array(repeating: 0, count: latents.count / latentWidth * width)
    for t in (1...questions.process.steps).reversed() { move(&x, from: t, of: t, to: t - 1) }
    return x
  }

  private func tell(_ latents: [Float]) {
    if let condition { _ = condition.update(fromContentsOf: latents) }
    questions.observe(windows: latents.count / latentWidth)
  }

  /// x_s = a_s·x̂_0 + b_s·ε̂, with both from x_t and what the network says of it.
  private func move(_ x: inout [Float], from asked: Int, of t: Int, to s: Int) {
    let process = questions.process
    let answers = questions.answers(to: x, at: asked).prediction
    let toNoise = process.conversion(from: questions.prediction, to: .epsilon, at: asked)
    let (here, there) = (process.level(t), process.level(s))
    for index in x.indices {
      var noise = toNoise(Double(x[index]), Double(answers[index]))
      var clean = (Double(x[index]) - here.noise * noise) / here.signal
      if let clip, abs(clean) > clip, here.noise > 0 {
        // Where noise is nearly all, what is left of the chunk has no weight but for a bound.
        clean = min(max(clean, -clip), clip)
        noise = (Double(x[index]) - here.signal * clean) / here.noise
      }
      x[index] = Float(there.signal * clean + there.noise * noise)
    }
  }
}
