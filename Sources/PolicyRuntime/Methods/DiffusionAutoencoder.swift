internal import Diffusion
public import Neural

/// A diffusion autoencoder: an encoder makes of each chunk a latent that says what it is about, and
/// a denoiser that is told the latent and what is seen brings back the rest.
///
/// A second, small denoiser learns to draw latents given what is seen. The steps of ddim lead from
/// a demonstrated chunk back to the noise that it comes from, so that a chunk is encoded as a
/// latent and noise, reproduced, and two are interpolated.
///
/// Source: Preechakul et al., "Diffusion autoencoders: toward a meaningful and decodable
/// representation", CVPR 2022.
public struct DiffusionAutoencoder: LatentDenoising {
  /// The name by which it is chosen.
  public static let name = "diffusion-autoencoder"
  /// What it learns.
  public static let summary = "to denoise chunks, told a latent of them"

  /// The numbers of a latent; at least 2.
  public var latentWidth: Int
  /// The share of the steps that the encoder and its denoiser are trained for, in (0, 1).
  public var codecShare: Double
  /// The sizes of the encoder.
  public var codec: CodecLayers
  /// How chunks are denoised.
  public var denoising: DenoisingDiffusion
  /// The network that denoises latents.
  public var latentBackbone: Sieve
  /// How latents are denoised; as chunks are, but for its sampler.
  private var latents: DenoisingDiffusion {
    var sampler = SamplerSpecification(clip: 1)
    sampler.start = .noise
    return DenoisingDiffusion(schedule: denoising.schedule, sampler: sampler)
  }

  /// Creates the method with its defaults.
  public init() { self.init(latentWidth: 8) }

  /// Creates the method.
  public init(
    latentWidth: Int, codecShare: Double = 0.7, codec: CodecLayers = CodecLayers(),
    denoising: DenoisingDiffusion = DenoisingDiffusion(),
    latentBackbone: Sieve = Sieve(hiddenWidth: 128)
  ) {
    self.latentWidth = latentWidth
    self.codecShare = codecShare
    self.codec = codec
    self.denoising = denoising
    self.latentBackbone = latentBackbone
  }

  /// Checks sizes and how chunks are denoised.
  public func validate() throws {
    try ImitationError.check("latent width", latentWidth, 2...65_536)
    try ImitationError.checkShare("codec share", codecShare)
    try codec.validate()
    try latentBackbone.validate()
    try denoising.validateForLatents()
    guard denoising.process.kind == .vp, !denoising.learnsVariance,
      denoising.sampler.candidates == 1
    else {
      throw ImitationError.optionOutOfRange(
        name: "the denoising of a diffusion autoencoder",
        value: denoising.process.kind.rawValue,
        range: "the process vp, without learned variances, one candidate for each latent")
    }
  }

  /// The latent and the denoiser in words.
  public var words: String? {
    ["latents of \(latentWidth)", denoising.words].compactMap { $0 }.joined(separator: ", ")
  }

  // MARK: Sampling

  /// The same with another way to sample chunks.
  public func sampled(by sampler: SamplerSpecification) throws -> Self {
    var result = self
    result.denoising = try denoising.sampled(by: sampler)
    try result.validate()
    return result
  }

  // MARK: The network

  /// Declares the encoder, the denoiser of latents, and that of chunks.
  public func network(
    _ design: NetworkDesign, _ scope: ParameterScope
  ) -> DiffusionAutoencoderNetwork {
    let shape = design.shape
    var latentShape = shape
    (latentShape.actionReach, latentShape.actionCategories) = (nil, nil)
    latentShape.actionWidth = latentWidth
    latentShape.horizons = shape.horizons.ofOneAction
    let encoder = codec.layers(
      scope["codec"], inputs: shape.chunkWidth, outputs: latentWidth)
    let start = scope.end
    let latent = latents.network(
      NetworkDesign(latentShape, backbone: latentBackbone, image: design.image), scope["latent"])
    let end = scope.end
    let denoiser = denoising.network(design, scope, condition: latentWidth)
    return DiffusionAutoencoderNetwork(
      encoder: encoder, latent: latent, latentParameters: start..<end, denoiser: denoiser,
      scale: LatentScale(scope["latent"], width: latentWidth))
  }

  /// First the denoiser's loss, told what the encoder makes of the clean chunk, then that of the
  /// denoiser of latents.
  public func training(
    _ network: DiffusionAutoencoderNetwork, _ task: TrainingTask
  ) throws -> MethodTraining {
    var result = try denoising.training(network.denoiser, task) { network.encoded($0) }
    result.next = TrainingStage(after: codecShare) { weights in
      let found = network.latents(of: try task.data.chunks(), weights)
      let constants = task.constants == nil ? network.scale.constants(found) : [:]
      let (middle, half) = network.scale.values(constants, weights)
      let windows = LatentWindows(
        task.data,
        latents: found.enumerated().map { ($1 - middle[$0 % middle.count]) / half },
        shape: network.latent.network.shape)
      var second = try latents.training(
        network.latent,
        TrainingTask(
          table: task.table, data: windows, batch: task.batch, seed: task.seed,
          constants: task.constants == nil ? nil : weights))
      second.constants.merge(constants) { $1 }
      second.parameters = network.latentParameters
      return second
    }
    return result
  }

  /// Compiles both denoisers: a latent is drawn, then a chunk.
  public func decider(
    _ network: DiffusionAutoencoderNetwork, weights: Weights, options: DeciderOptions
  ) throws -> any Decider {
    let (chunks, condition) = try denoising.decider(
      network.denoiser, weights: weights, options: options, condition: latentWidth)
    return ToldDecider(
      try latents.decider(network.latent, weights: weights, options: options), chunks,
      condition: condition ?? .init(start: nil, count: 0),
      scale: network.scale.values([:], weights))
  }

  /// The encoder, the way back to noise, and the way to the chunk.
  public func codec(
    _ network: DiffusionAutoencoderNetwork, weights: Weights, options: DeciderOptions
  ) throws -> (any ChunkCodec)? {
    let (questions, condition) = try denoising.questions(
      network.denoiser, weights: weights, options: options, condition: latentWidth)
    return InvertedCodec(
      network, questions, condition, clip: denoising.sampler.clip, weights: weights)
  }
}

/// The networks of a ``DiffusionAutoencoder``.
public struct DiffusionAutoencoderNetwork {
  fileprivate let encoder: HiddenLayers
  let latent: DenoisingNetwork
  let latentParameters: Range<Int>
  let denoiser: DenoisingNetwork
  let scale: LatentScale

  /// The latent of a chunk: mean 0 and variance 1 over its numbers.
  func encoded(_ chunk: Node) -> Node { encoder(chunk).normalised(epsilon: 1e-5) }

  func latents(of chunks: [Float], _ weights: Weights) -> [Float] {
    let width = denoiser.network.shape.chunkWidth
    let chunk = Graph().input("chunk", shape: [width])
    let pass = CodecPass(encoded(chunk), from: chunk, nil, weights: weights, capacity: 1024)
    var result: [Float] = []
    for start in stride(from: 0, to: chunks.count, by: 1024 * width) {
      result += pass(Array(chunks[start..<min(start + 1024 * width, chunks.count)]))
    }
    return result
  }
}
