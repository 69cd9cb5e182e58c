internal import Foundation
public import Neural

/// Behaviour cloning with an invertible map between chunks and noise, given what is seen: a
/// conditional normalising flow, whose density is exact.
///
/// Training maximises ln p(A | o) = ln N(z; 0, I) + ln |dz/dA| with z = f(A; o); acting draws z and
/// inverts f.
///
/// Source: Dinh, Sohl-Dickstein & Bengio, "Density estimation using Real NVP", ICLR 2017; Singh et
/// al., "Parrot: data-driven behavioral priors for reinforcement learning", ICLR 2021.
public struct FlowPolicy: Method {
  /// The name by which it is chosen.
  public static let name = "flow-policy"
  /// What it learns.
  public static let summary = "an invertible map from noise, with its density"

  /// The number of couplings; at least 2.
  public var couplings: Int
  /// The standard deviation of what is added to chunks in training, in normalised units: where
  /// actions repeat exactly a density has no bound.
  public var blur: Double
  /// The number of features that the backbone makes of what is seen.
  public var contextWidth: Int
  /// The sizes of the couplings' networks.
  public var codec: CodecLayers

  /// Creates the method with its defaults.
  public init() { self.init(couplings: 8) }

  /// Creates the method.
  public init(
    couplings: Int, blur: Double = 0.01, contextWidth: Int = 128,
    codec: CodecLayers = CodecLayers()
  ) {
    self.couplings = couplings
    self.blur = blur
    self.contextWidth = contextWidth
    self.codec = codec
  }

  /// Checks sizes.
  public func validate() throws {
    try ImitationError.check("couplings", couplings, 2...1000)
    try ImitationError.check("context width", contextWidth, 1...65_536)
    try codec.validate()
    try ImitationError.checkNotNegative("blur", blur)
  }

  /// The couplings in words.
  public var words: String? { "\(couplings) couplings" }

  /// Declares the couplings, then the backbone, then what the flow takes from the data.
  public func network(_ design: NetworkDesign, _ scope: ParameterScope) -> FlowPolicyNetwork {
    let width = design.shape.chunkWidth
    let networks = CouplingFlow.networks(
      scope["flow"], width: width, context: contextWidth, couplings: couplings, layers: codec)
    let context = PolicyNetwork(design, outputs: contextWidth, scope)
    return FlowPolicyNetwork(
      flow: CouplingFlow(scope["flow"], width: width, networks: networks), context: context)
  }

  /// −ln p(A | o), a value that changes.
  public func training(
    _ network: FlowPolicyNetwork, _ task: TrainingTask
  ) throws -> MethodTraining {
    let still = try network.flow.still(task)
    let use = network.record(Graph())
    let loss = network.flow.negativeLogLikelihood(
      use.latent, use.logDeterminant, values: still.count { $0 == nil })
    let program = TrainingProgram(minimising: loss, table: task.table, batch: task.batch)
    let windows = try WindowInputs(program, network.context, use.inputs, task)
    return MethodTraining(
      program, source: LatentSource(program, windows, chunk: use.chunk, blur: blur),
      constants: network.flow.constants(still))
  }

  /// Compiles the inverse; a latent is drawn.
  public func decider(
    _ network: FlowPolicyNetwork, weights: Weights, options: DeciderOptions
  ) throws -> any Decider {
    let (latent, chunk, inputs) = network.invert(Graph())
    return try NoiseDecider(chunk, noise: latent, inputs, weights: weights, options: options)
  }

  /// The density itself.
  public func likelihood(
    _ network: FlowPolicyNetwork, weights: Weights, options: DeciderOptions
  ) -> (any ChunkLikelihood)? {
    FlowLikelihood(network, weights: weights, capacity: options.capacity)
  }

  /// The largest error of a chunk that is mapped there and back.
  public func watch(
    _ network: FlowPolicyNetwork, _ windows: any TrainingWindows
  ) throws -> TrainingWatch? {
    try CouplingFlow.watch(windows) { weights, capacity in
      network.codec(weights, capacity: capacity)
    }
  }

  /// The map and its inverse.
  public func codec(
    _ network: FlowPolicyNetwork, weights: Weights, options: DeciderOptions
  ) -> (any ChunkCodec)? {
    network.codec(weights, capacity: options.capacity)
  }
}

/// The networks of a ``FlowPolicy``.
public struct FlowPolicyNetwork {
  let flow: CouplingFlow
  let context: PolicyNetwork

  /// The map of a chunk with what it needs.
  struct Use {
    let chunk, latent, logDeterminant: Node
    let inputs: EncoderInputs
  }

  func record(_ graph: Graph) -> Use {
    let chunk = graph.input(
      "chunk", shape: [context.shape.horizons.prediction, context.shape.actionWidth])
    let seen = context(graph)
    let encoded = flow.encoded(chunk, Activation.silu(seen.output))
    return Use(
      chunk: chunk, latent: encoded.latent, logDeterminant: encoded.logDeterminant,
      inputs: seen.inputs)
  }

  fileprivate func invert(_ graph: Graph) -> (latent: Node, chunk: Node, inputs: EncoderInputs) {
    let latent = graph.input("latent", shape: [flow.width])
    let seen = context(graph)
    return (latent, flow.decoded(latent, Activation.silu(seen.output)), seen.inputs)
  }

  fileprivate func codec(_ weights: Weights, capacity: Int) -> NetworkCodec {
    let use = record(Graph())
    let (latent, chunk, inputs) = invert(Graph())
    return NetworkCodec(
      encoder: CodecPass(
        use.latent, from: use.chunk, use.inputs, weights: weights, capacity: capacity),
      decoder: CodecPass(chunk, from: latent, inputs, weights: weights, capacity: capacity),
      latentWidth: flow.width, capacity: capacity)
  }
}
