internal import Foundation
public import Naming
public import Neural

/// Behaviour cloning with a latent behind each chunk: a conditional variational autoencoder.
///
/// An encoder q(z | A, o) and a decoder p(A | z, o) maximise the bound
/// E_q[ln p(A | z, o)] − β·KL(q ‖ p(z | o)); acting draws z from the prior and decodes it. With a
/// learned prior p(z | o) this is a skill prior. Where β is large, or nothing is left for z to say,
/// the latent is given up and the policy acts the mean.
///
/// Source: Sohn, Lee & Yan, "Learning structured output representation using deep conditional
/// generative models", NeurIPS 2015; Pertsch, Lee & Lim, "Accelerating reinforcement learning with
/// learned skill priors", CoRL 2020; Zhao et al., "Learning fine-grained bimanual manipulation with
/// low-cost hardware", RSS 2023 (ACT).
public struct ConditionalVAE: Method {
  /// What latents are drawn from.
  public enum Prior: String, NamedChoice {
    /// p(z | o), a normal distribution that is learnt.
    case learned
    /// N(0, I).
    case standard

    /// What is chosen, for messages.
    public static var kindOfChoice: String { "prior" }
  }

  /// The name by which it is chosen.
  public static let name = "cvae"
  /// What it learns.
  public static let summary = "a latent behind each chunk (VAE)"

  /// The numbers of a latent; at least 1.
  public var latentWidth: Int
  /// β, the weight of the divergence; 1 makes the loss the bound itself.
  public var klWeight: Double
  /// Nats that each number of a latent costs at least; see `Node.divergence`.
  public var freeNats: Double
  /// What latents are drawn from.
  public var prior: Prior
  /// The number of features that the backbone makes of what is seen.
  public var contextWidth: Int
  /// The sizes of encoder, decoder and prior.
  public var codec: CodecLayers

  /// Creates the method with its defaults.
  public init() { self.init(latentWidth: 8) }

  /// Creates the method.
  public init(
    latentWidth: Int, klWeight: Double = 1, freeNats: Double = 0, prior: Prior = .learned,
    contextWidth: Int = 128, codec: CodecLayers = CodecLayers()
  ) {
    self.latentWidth = latentWidth
    self.klWeight = klWeight
    self.freeNats = freeNats
    self.prior = prior
    self.contextWidth = contextWidth
    self.codec = codec
  }

  /// Checks sizes and weights.
  public func validate() throws {
    try ImitationError.check("latent width", latentWidth, 1...65_536)
    try ImitationError.check("context width", contextWidth, 1...65_536)
    try codec.validate()
    try ImitationError.checkNotNegative("the divergence's weight", klWeight)
    try ImitationError.checkNotNegative("free nats", freeNats)
  }

  /// The latent in words.
  public var words: String? { "latents of \(latentWidth), \(prior.rawValue) prior" }

  /// Declares codec and prior, then the backbone.
  public func network(_ design: NetworkDesign, _ scope: ParameterScope) -> ConditionalVAENetwork {
    let latents = GaussianCodec(
      scope["codec"], chunk: design.shape.chunkWidth, latent: latentWidth, context: contextWidth,
      layers: codec)
    let learned =
      prior == .learned
      ? codec.layers(scope["prior"], inputs: contextWidth, outputs: 2 * latentWidth) : nil
    return ConditionalVAENetwork(
      codec: latents, prior: learned,
      context: PolicyNetwork(design, outputs: contextWidth, scope))
  }

  /// The negative bound, a value.
  public func training(
    _ network: ConditionalVAENetwork, _ task: TrainingTask
  ) throws -> MethodTraining {
    let use = network.record(Graph())
    let kl = use.posterior.divergence(from: use.prior, free: Float(freeNats))
    let loss = network.codec.error(use.decoded, of: use.chunk).sum(
      with: kl, scaleB: Float(klWeight) / Float(use.chunk.count))
    let program = TrainingProgram(minimising: loss, table: task.table, batch: task.batch)
    let windows = try WindowInputs(program, network.context, use.inputs, task)
    return MethodTraining(
      program, source: LatentSource(program, windows, chunk: use.chunk, noise: use.noise))
  }

  /// Compiles prior and decoder; a latent is drawn and decoded to the mean of its chunks.
  public func decider(
    _ network: ConditionalVAENetwork, weights: Weights, options: DeciderOptions
  ) throws -> any Decider {
    let graph = Graph()
    let noise = graph.input("noise", shape: [latentWidth])
    let (context, inputs) = network.see(graph)
    let latent = network.prior(context).map { GaussianCodec.draw($0, noise: noise) } ?? noise
    return try NoiseDecider(
      network.codec.decoded(latent, context), noise: noise, inputs, weights: weights,
      options: options)
  }

  /// The bound by several draws of each latent.
  public func likelihood(
    _ network: ConditionalVAENetwork, weights: Weights, options: DeciderOptions
  ) -> (any ChunkLikelihood)? {
    let use = network.record(Graph())
    return LatentBound(use, network.codec, weights: weights, capacity: options.capacity)
  }

  /// How many of a latent's numbers say something, and how much all do.
  public func watch(
    _ network: ConditionalVAENetwork, _ windows: any TrainingWindows
  ) throws -> TrainingWatch? {
    let use = network.record(Graph())
    return try LatentUse.watch(
      posterior: use.posterior, prior: use.prior, chunk: use.chunk, use.inputs, windows)
  }

  /// The posterior's mean, and the mean of what is decoded.
  public func codec(
    _ network: ConditionalVAENetwork, weights: Weights, options: DeciderOptions
  ) -> (any ChunkCodec)? {
    let use = network.record(Graph())
    let graph = Graph()
    let latent = graph.input("latent", shape: [latentWidth])
    let (context, inputs) = network.see(graph)
    return NetworkCodec(
      encoder: CodecPass(
        use.posterior.columns(0..<latentWidth), from: use.chunk, use.inputs, weights: weights,
        capacity: options.capacity),
      decoder: CodecPass(
        network.codec.decoded(latent, context), from: latent, inputs, weights: weights,
        capacity: options.capacity),
      latentWidth: latentWidth, capacity: options.capacity)
  }
}

/// The networks of a ``ConditionalVAE``.
public struct ConditionalVAENetwork {
  let codec: GaussianCodec
  fileprivate let prior: HiddenLayers?
  let context: PolicyNetwork

  /// Encoder, prior and decoder in one graph.
  struct Use {
    let chunk, noise, posterior: Node
    let prior: Node?
    let decoded: Node
    let inputs: EncoderInputs
  }

  /// What is seen, as features.
  fileprivate func see(_ graph: Graph) -> (context: Node, inputs: EncoderInputs) {
    let recorded = context(graph)
    return (Activation.silu(recorded.output), recorded.inputs)
  }

  /// p(z | o); nil for N(0, I).
  fileprivate func prior(_ context: Node) -> Node? {
    prior.map { GaussianCodec.normal($0(context)) }
  }

  func record(_ graph: Graph) -> Use {
    let chunk = graph.input(
      "chunk", shape: [context.shape.horizons.prediction, context.shape.actionWidth])
    let noise = graph.input("noise", shape: [codec.width])
    let (features, inputs) = see(graph)
    let posterior = codec.posterior(chunk, features)
    return Use(
      chunk: chunk, noise: noise, posterior: posterior, prior: prior(features),
      decoded: codec.decoded(GaussianCodec.draw(posterior, noise: noise), features),
      inputs: inputs)
  }
}
