internal import Diffusion
public import Naming
public import Neural

/// Diffusion in a learned latent space: a codec turns chunks into latents, and a denoiser learns to
/// draw latents given what is seen.
///
/// With the codec `vae` this is LSGM, trained in two stages or jointly; with `flow`, which is
/// invertible, a diffusion that is nonlinear in chunks (INDM).
///
/// Source: Vahdat, Kreis & Kautz, "Score-based generative modeling in latent space", NeurIPS 2021;
/// Kim et al., "Maximum likelihood training of implicit nonlinear diffusion models", NeurIPS 2022.
public struct LatentDiffusion: LatentDenoising {
  /// What turns chunks into latents.
  public enum Latent: String, NamedChoice {
    /// A variational autoencoder.
    case vae
    /// An invertible flow.
    case flow

    /// What is chosen, for messages.
    public static var kindOfChoice: String { "latent" }
  }

  /// The name by which it is chosen.
  public static let name = "latent-diffusion"
  /// What it learns.
  public static let summary = "to denoise latents of chunks"

  /// What turns chunks into latents.
  public var latent: Latent
  /// The numbers of a `vae`'s latent for each action of a chunk.
  public var latentWidth: Int
  /// The weight of the divergence in the training of a `vae`.
  public var klWeight: Double
  /// The number of couplings of a `flow`.
  public var couplings: Int
  /// What is added to chunks in the training of a `flow`; see ``FlowPolicy/blur``.
  public var blur: Double
  /// The share of the steps that the codec is trained for, in (0, 1); the rest is the denoiser's.
  public var codecShare: Double
  /// Whether both are trained together all the time, by the bound itself.
  public var joint: Bool
  /// The sizes of the codec.
  public var codec: CodecLayers
  /// How latents are denoised.
  public var denoising: DenoisingDiffusion

  /// Creates the method with its defaults.
  public init() { self.init(latent: .vae) }

  /// Creates the method.
  public init(
    latent: Latent, latentWidth: Int = 2, klWeight: Double = 0.001, couplings: Int = 8,
    blur: Double = 0.01, codecShare: Double = 0.3, joint: Bool = false,
    codec: CodecLayers = CodecLayers(),
    denoising: DenoisingDiffusion = DenoisingDiffusion()
  ) {
    self.latent = latent
    self.latentWidth = latentWidth
    self.klWeight = klWeight
    self.couplings = couplings
    self.blur = blur
    self.codecShare = codecShare
    self.joint = joint
    self.codec = codec
    self.denoising = denoising
  }

  /// Checks sizes, weights and how latents are denoised.
  public func validate() throws {
    try ImitationError.check("latent width", latentWidth, 1...65_536)
    try ImitationError.checkNotNegative("the divergence's weight", klWeight)
    try ImitationError.check("couplings", couplings, 2...1000)
    try ImitationError.checkNotNegative("blur", blur)
    try ImitationError.checkShare("codec share", codecShare)
    try codec.validate()
    try denoising.validateForLatents()
    guard joint else { return }
    guard denoising.prediction == .epsilon, denoising.process.kind == .vp,
      !denoising.learnsVariance, !denoising.dropsObservations
    else {
      throw ImitationError.optionOutOfRange(
        name: "the prediction of what is trained jointly", value: denoising.prediction.rawValue,
        range: "epsilon, with the process vp, without learned variances or dropped observations")
    }
  }

  /// The codec and the denoiser in words.
  public var words: String? {
    [latent.rawValue + (joint ? " trained jointly" : ""), denoising.words].compactMap { $0 }.joined(
      separator: ", ")
  }

  // MARK: Sampling

  /// The same with another way to sample latents.
  public func sampled(by sampler: SamplerSpecification) throws -> Self {
    var result = self
    result.denoising = try denoising.sampled(by: sampler)
    return result
  }

  // MARK: The network

  /// Declares the codec, the denoiser, and the scale of latents.
  public func network(
    _ design: NetworkDesign, _ scope: ParameterScope
  ) -> LatentDiffusionNetwork {
    let chunk = design.shape.chunkWidth
    var shape = design.shape
    (shape.actionReach, shape.actionCategories) = (nil, nil)
    if latent == .vae { shape.actionWidth = latentWidth }
    let gaussian =
      latent == .vae
      ? GaussianCodec(
        scope["codec"], chunk: chunk, latent: shape.chunkWidth, context: 0, layers: codec,
        isBounded: joint) : nil
    let couplings =
      latent == .flow
      ? CouplingFlow.networks(
        scope["codec"], width: chunk, context: 0, couplings: couplings, layers: codec) : []
    let codecEnd = scope.end
    let denoiser = denoising.network(
      NetworkDesign(shape, backbone: design.backbone, image: design.image), scope)
    return LatentDiffusionNetwork(
      shape: design.shape, gaussian: gaussian,
      flow: latent == .flow
        ? CouplingFlow(scope["codec"], width: chunk, networks: couplings) : nil,
      codecEnd: codecEnd, denoiser: denoiser,
      scale: LatentScale(scope["latent"], width: shape.chunkWidth))
  }

  /// First the codec's bound or likelihood, then the denoiser's loss over latents.
  public func training(
    _ network: LatentDiffusionNetwork, _ task: TrainingTask
  ) throws -> MethodTraining {
    if joint { return try network.jointTraining(task, denoising, blur: blur) }
    var result = try network.codecTraining(task, klWeight: klWeight, blur: blur)
    result.next = TrainingStage(after: codecShare) { weights in
      let latents = network.latents(of: try task.data.chunks(), weights)
      let constants = task.constants == nil ? network.scale.constants(latents) : [:]
      let (middle, half) = network.scale.values(constants, weights)
      let shape = network.denoiser.network.shape
      let windows = LatentWindows(
        task.data,
        latents: latents.enumerated().map { ($1 - middle[$0 % middle.count]) / half },
        shape: shape)
      var denoiser = try denoising.training(
        network.denoiser,
        TrainingTask(
          table: task.table, data: windows, batch: task.batch, seed: task.seed,
          constants: task.constants == nil ? nil : weights))
      denoiser.constants.merge(constants) { $1 }
      denoiser.parameters = network.codecEnd..<task.table.trainedExtent
      return denoiser
    }
    return result
  }

  /// Compiles denoiser and decoder.
  public func decider(
    _ network: LatentDiffusionNetwork, weights: Weights, options: DeciderOptions
  ) throws -> any Decider {
    let latents = try denoising.decider(network.denoiser, weights: weights, options: options)
    let input = Graph().input("latent", shape: [network.scale.middle.count])
    return DecodingDecider(
      latents, decoding: network.decoded(input), from: input,
      scale: network.scale.values([:], weights), weights: weights, precision: options.precision)
  }

  /// A bound: what the codec says of chunks given latents, and the denoiser's of latents.
  public func likelihood(
    _ network: LatentDiffusionNetwork, weights: Weights, options: DeciderOptions
  ) throws -> (any ChunkLikelihood)? {
    guard
      let questions = try denoising.denoising(network.denoiser, weights: weights, options: options)
    else { return nil }
    return LatentDiffusionBound(
      network, questions, clip: denoising.sampler.clip, weights: weights)
  }

  /// The use of latents, or the flow's inverse.
  public func watch(
    _ network: LatentDiffusionNetwork, _ windows: any TrainingWindows
  ) throws -> TrainingWatch? {
    guard let gaussian = network.gaussian else {
      return try CouplingFlow.watch(windows) { network.compiled($0, capacity: $1) }
    }
    let chunk = Graph().input("chunk", shape: [network.shape.chunkWidth])
    return try LatentUse.watch(
      posterior: gaussian.posterior(chunk), prior: nil, chunk: chunk, nil, windows)
  }

  /// The codec alone.
  public func codec(
    _ network: LatentDiffusionNetwork, weights: Weights, options: DeciderOptions
  ) -> (any ChunkCodec)? {
    network.compiled(weights, capacity: options.capacity)
  }
}
