internal import Diffusion
public import Neural

/// Diffusion BC: a conditional denoiser learns to predict the noise in a noisy action chunk; acting
/// starts from noise and denoises step by step.
///
/// Training draws a window (o, a), a noise step t and noise ε, and minimises
/// ‖ε − ε_θ(√ᾱ_t a + √(1−ᾱ_t) ε, t, o)‖² (or the error of another prediction).
///
/// Source: Pearce et al., "Imitating human behaviour with diffusion models", ICLR 2023; Ho, Jain &
/// Abbeel, "Denoising diffusion probabilistic models", NeurIPS 2020, algorithms 1 and 2.
public struct DiffusionMethod: Method {
  private let configuration: PolicyConfiguration
  private let process: NoiseProcess

  /// Takes backbone, schedule, prediction and loss weighting from a configuration.
  ///
  /// - Throws: `DiffusionError` for a schedule or a sampler outside its range.
  public init(_ configuration: PolicyConfiguration) throws {
    self.configuration = configuration
    process = NoiseProcess(try NoiseSchedule(configuration.schedule))
    // Training does not sample, but should not end in a policy that cannot.
    _ = try configuration.sampler.plan(
      for: process, prediction: configuration.prediction)
  }

  /// Declares the backbone with noisy actions and noise step.
  public func network(_ shape: PolicyShape, _ scope: ParameterScope) -> PolicyNetwork {
    PolicyNetwork(
      configuration, shape, noisyActions: shape.horizons.prediction,
      timeFeatures: timeFeatures(1).count, outputs: shape.chunkWidth, scope)
  }

  /// The weighted squared error of the prediction.
  public func training(
    _ network: PolicyNetwork, table: ParameterTable, data: any TrainingWindows, batch: Int,
    seed: UInt64
  ) throws -> MethodTraining {
    let graph = Graph()
    let target = graph.input("target", shape: [data.shape.chunkWidth])
    let weight = graph.input("weight", shape: [1])
    let loss = denoiser(network, graph, mayDrop: true).squaredError(to: target, weight: weight)
    // Embedding every noise step pays as soon as each stands for two samples.
    let times = 2 * process.steps <= batch ? process.steps : 0
    let program = TrainingProgram(minimising: loss, table: table, batch: batch, times: times)
    let steps = (1...process.steps).map { step in
      NoisingStep(
        process: process, step: step, prediction: configuration.prediction,
        weighting: configuration.lossWeighting)
    }
    let windows = try WindowInputs(
      program, network: network, data: data, batch: batch, seed: seed,
      dropout: configuration.observationDropout)
    return MethodTraining(
      program,
      source: DiffusionSource(
        program, windows, steps: steps,
        timeFeatures: (1...process.steps).flatMap { timeFeatures($0) }))
  }

  /// Compiles the denoiser for every noise step of the schedule and plans the reverse process.
  public func decider(
    _ network: PolicyNetwork, table: ParameterTable, weights: FloatBuffer, options: DeciderOptions
  ) throws -> any Decider {
    let sampler = options.sampler
    let plan = try sampler.plan(for: process, prediction: configuration.prediction)
    let isGuided = sampler.guidance != 0
    guard !isGuided || network.encoder.isDroppable else {
      throw ImitationError.optionOutOfRange(
        name: "guidance", value: "\(sampler.guidance)",
        range: "0 for a policy that was trained without observation dropout")
    }
    // Guidance asks the network twice: with and without what is seen.
    let views = isGuided ? 2 : 1
    let program = InferenceProgram(
      computing: denoiser(network, Graph(), mayDrop: isGuided), weights: weights,
      samples: views * options.capacity * sampler.candidates,
      observations: views * options.capacity, times: process.steps, precision: options.precision,
      workers: options.workers?.threads ?? 1)
    let features = (1...process.steps).flatMap { timeFeatures($0) }
    _ = program.rows("time").update(fromContentsOf: features)
    program.prepareTimes()
    return try DiffusionDecider(
      program, network.shape, plan: plan, options: options)
  }

  private func denoiser(_ network: PolicyNetwork, _ graph: Graph, mayDrop: Bool) -> Node {
    network(
      graph,
      noisyActions: graph.input(
        "noisyActions", shape: [network.shape.horizons.prediction, network.shape.actionWidth]),
      time: graph.input("time", shape: [timeFeatures(1).count], rate: .perTime),
      mayDrop: mayDrop)
  }

  private func timeFeatures(_ step: Int) -> [Float] {
    configuration.backbone.kind.type.timeFeatures(step: step, of: process.steps)
  }
}
