public import Diffusion
public import Neural

/// Diffusion BC: a conditional denoiser learns to predict the noise in a noisy action chunk; acting
/// starts from noise and denoises step by step.
///
/// Training draws a window (o, a), a noise step t and noise ε, and minimises
/// ‖ε − ε_θ(√ᾱ_t a + √(1−ᾱ_t) ε, t, o)‖² (or the error of another prediction).
///
/// Source: Pearce et al., "Imitating human behaviour with diffusion models", ICLR 2023; Ho, Jain &
/// Abbeel, "Denoising diffusion probabilistic models", NeurIPS 2020, algorithms 1 and 2.
public typealias DenoisingDiffusion = Denoising<PlainSampling>

/// Diffusion-X: the same network, sampled with extra steps at the last noise level.
public typealias DiffusionX = Denoising<ExtraStepSampling>

/// Diffusion-KDE: the same network; of many samples the one in the densest place.
public typealias DiffusionKDE = Denoising<DensestSampling>

/// A denoiser with a style of sampling, which gives it its name and its default sampler.
public struct Denoising<Style: SamplingStyle>: Method {
  /// The name by which it is chosen.
  public static var name: String { Style.name }
  /// What it learns.
  public static var summary: String { Style.summary }

  /// The noise schedule.
  ///
  /// Cosine unless said otherwise: the published linear schedule with T = 50 ends at ᾱ_T = 0.6,
  /// where the noisy action still shows its mode, so sampling from N(0, I) gets the weights of
  /// modes wrong (0.6 for 0.75 in a test with two).
  public var schedule: NoiseSchedule.Specification
  /// What the network predicts.
  public var prediction: PredictionType
  /// How noise steps are weighted in the loss.
  public var lossWeighting: LossWeighting
  /// The probability with which it is shown no observation in training, so that it can be guided; 0
  /// for never.
  public var observationDropout: Double
  /// How it samples unless it is told otherwise.
  public var sampler: SamplerSpecification

  /// Creates the method with its defaults.
  public init() { self.init(prediction: .epsilon) }

  /// Creates the method.
  public init(
    schedule: NoiseSchedule.Specification = NoiseSchedule.Specification(kind: .cosine, steps: 50),
    prediction: PredictionType = .epsilon, lossWeighting: LossWeighting = LossWeighting(),
    observationDropout: Double = 0, sampler: SamplerSpecification? = nil
  ) {
    self.schedule = schedule
    self.prediction = prediction
    self.lossWeighting = lossWeighting
    self.observationDropout = observationDropout
    self.sampler = sampler ?? Style.sampler
  }

  // MARK: Sampling

  /// How it samples.
  public var sampling: SamplerSpecification? { sampler }

  /// T, the number of noise steps.
  public var noiseSteps: Int? { schedule.steps }

  /// The same denoiser with another way to sample.
  ///
  /// - Throws: `DiffusionError` for options outside their range, ``ImitationError`` for guidance
  ///   where no observation was ever dropped.
  public func sampled(by sampler: SamplerSpecification) throws -> Self {
    var result = self
    result.sampler = sampler
    try result.validate()
    return result
  }

  /// The plain denoiser, which is trained for all styles.
  public var trained: any Method {
    DenoisingDiffusion(
      schedule: schedule, prediction: prediction, lossWeighting: lossWeighting,
      observationDropout: observationDropout, sampler: sampler)
  }

  /// Whether it is shown no observation now and then.
  public var dropsObservations: Bool { observationDropout > 0 }

  /// The schedule and the sampler in words.
  public var words: String? {
    "\(schedule.kind.rawValue) schedule of \(schedule.steps) noise steps"
  }

  /// Checks ranges, and that what is trained can be sampled as configured.
  public func validate() throws {
    guard (0..<1).contains(observationDropout) else {
      throw ImitationError.optionOutOfRange(
        name: "observation dropout", value: "\(observationDropout)",
        range: "at least 0 and less than 1")
    }
    _ = try plan()
    guard sampler.guidance == 0 || dropsObservations else {
      throw ImitationError.optionOutOfRange(
        name: "guidance", value: "\(sampler.guidance)",
        range: "0 for a policy that is trained without observation dropout")
    }
  }

  private func process() throws -> NoiseProcess { NoiseProcess(try NoiseSchedule(schedule)) }

  private func plan() throws -> SamplingPlan {
    try sampler.plan(for: process(), prediction: prediction)
  }

  // MARK: The network

  /// Declares the backbone with noisy actions and noise step.
  public func network(_ design: NetworkDesign, _ scope: ParameterScope) -> PolicyNetwork {
    PolicyNetwork(
      design, noisyActions: design.shape.horizons.prediction, noiseSteps: schedule.steps,
      outputs: design.shape.chunkWidth, mayDrop: dropsObservations, scope)
  }

  /// The weighted squared error of the prediction.
  public func training(_ network: PolicyNetwork, _ task: TrainingTask) throws -> MethodTraining {
    let process = try process()
    let graph = Graph()
    let target = graph.input("target", shape: [network.shape.chunkWidth])
    let weight = graph.input("weight", shape: [1])
    let denoiser = Denoiser(network, graph, noiseSteps: process.steps, mayDrop: true)
    let loss = denoiser.prediction.output.squaredError(to: target, weight: weight)
    // Embedding every noise step pays as soon as each stands for two samples.
    let shared = 2 * process.steps <= task.batch ? process.steps : 0
    let program = TrainingProgram(
      minimising: loss, table: task.table, batch: task.batch, noiseSteps: shared)
    let steps = (1...process.steps).map { step in
      NoisingStep(process: process, step: step, prediction: prediction, weighting: lossWeighting)
    }
    let windows = try WindowInputs(
      program, network, denoiser.prediction.inputs, task, dropout: observationDropout)
    return MethodTraining(
      program,
      source: DiffusionSource(
        program, windows, denoiser, target: target, weight: weight, steps: steps))
  }

  /// Compiles the denoiser for every noise step of the schedule and plans the reverse process.
  public func decider(
    _ network: PolicyNetwork, weights: Weights, options: DeciderOptions
  ) throws -> any Decider {
    let plan = try plan()
    let denoiser = Denoiser(
      network, Graph(), noiseSteps: schedule.steps, mayDrop: sampler.guidance != 0)
    // Guidance asks the network twice: with and without what is seen.
    let views = sampler.guidance != 0 ? 2 : 1
    let program = InferenceProgram(
      computing: denoiser.prediction.output, weights: weights,
      samples: views * options.capacity * sampler.candidates,
      observations: views * options.capacity, noiseSteps: schedule.steps,
      precision: options.precision, workers: options.workers?.threads ?? 1)
    _ = program.rows(of: denoiser.time).update(fromContentsOf: denoiser.timeFeatures)
    program.prepareNoiseSteps()
    return try DiffusionDecider(
      program, denoiser, plan: plan, sampler: sampler, options: options)
  }
}

/// One use of a network as a denoiser: ε_θ(a_t, t, o).
struct Denoiser {
  /// The noisy chunk: [Tp, A].
  let noisyActions: Node
  /// What the network is told of the noise step.
  let time: Node
  /// What it predicts, [Tp · A], and the inputs that show it a window.
  let prediction: RecordedNetwork
  /// What it is told of every noise step: steps × features.
  let timeFeatures: [Float]

  init(_ network: PolicyNetwork, _ graph: Graph, noiseSteps: Int, mayDrop: Bool) {
    noisyActions = graph.input(
      "noisyActions", shape: [network.shape.horizons.prediction, network.shape.actionWidth])
    timeFeatures = (1...noiseSteps).flatMap { network.timeFeatures(step: $0, of: noiseSteps) }
    time = graph.input("time", shape: [timeFeatures.count / noiseSteps], rate: .perNoiseStep)
    prediction = network(graph, noisyActions: noisyActions, time: time, mayDrop: mayDrop)
  }
}
