public import Diffusion
public import Neural

/// Diffusion BC: a conditional denoiser learns to predict the noise in a noisy action chunk; acting
/// starts from noise and denoises step by step.
///
/// Training draws a window (o, a), a noise step t and noise ε, and minimises
/// ‖ε − ε_θ(c_in·(a_t a + b_t ε), t, o)‖² (or the error of another prediction), where a_t and b_t
/// are the process's.
///
/// Source: Pearce et al., "Imitating human behaviour with diffusion models", ICLR 2023; Ho, Jain &
/// Abbeel, "Denoising diffusion probabilistic models", NeurIPS 2020, algorithms 1 and 2; for the
/// other processes see `NoiseProcess.Kind`.
public typealias DenoisingDiffusion = Denoising<PlainSampling>

/// Diffusion-X: the same network, sampled with M extra steps at t = 1, each from x_1 to x̂_0, which
/// is asked about at t = 1 again.
public typealias DiffusionX = Denoising<ExtraStepSampling>

/// Diffusion-KDE: the same network; of N samples the one where their ``KernelDensity`` is highest.
public typealias DiffusionKDE = Denoising<DensestSampling>

/// A denoiser with a style of sampling, which gives it its name and its default sampler.
public struct Denoising<Style: SamplingStyle>: Method {
  /// The name by which it is chosen.
  public static var name: String { Style.name }
  /// What it learns.
  public static var summary: String { Style.summary }

  /// The forward process.
  public var process: NoiseProcess.Specification
  /// T; and for the process `vp` its betas.
  ///
  /// Cosine unless said otherwise: the published linear schedule with T = 50 ends at ᾱ_T = 0.6,
  /// where the noisy action still shows its mode, so sampling from N(0, I) gets the weights of
  /// modes wrong (0.6 for 0.75 in a test with two).
  public var schedule: NoiseSchedule.Specification
  /// What the network predicts.
  public var prediction: PredictionType
  /// How noise steps are weighted in the loss.
  public var lossWeighting: LossWeighting
  /// How training draws the noise step.
  public var drawing: NoiseStepDrawing
  /// With how many noise steps and noises each window of a batch is trained on; nil for one.
  ///
  /// Where pictures are looked at, encoding one costs far more than denoising; several draws make
  /// more of it (Li et al. 2024, "Autoregressive image generation without vector quantization",
  /// take four). The loss is their mean.
  public var noiseDraws: Int?
  /// The probability with which it is shown no observation in training, so that it can be guided; 0
  /// for never.
  public var observationDropout: Double
  /// Whether it predicts the variances of its reverse steps too, by the hybrid loss, in which the
  /// bound counts ``/Diffusion/LossWeighting/elboShare`` times; for ddpm's variance `learned`.
  public var learnsVariance: Bool
  /// The checkpoint folder of a denoiser that teaches this one, which only training needs; nil for
  /// learning from demonstrations alone.
  public var teacher: String?
  /// How many steps a student takes, half of its teacher's; nil for no student.
  public var studentSteps: Int?
  /// How it samples unless it is told otherwise.
  public var sampler: SamplerSpecification

  /// Creates the method with its defaults.
  public init() { self.init(process: NoiseProcess.Specification()) }

  /// Creates the method; a prediction that is not given is the process's usual one.
  public init(
    process: NoiseProcess.Specification = NoiseProcess.Specification(),
    schedule: NoiseSchedule.Specification = NoiseSchedule.Specification(kind: .cosine, steps: 50),
    prediction: PredictionType? = nil, lossWeighting: LossWeighting = LossWeighting(),
    drawing: NoiseStepDrawing = NoiseStepDrawing(), observationDropout: Double = 0,
    learnsVariance: Bool = false, teaching: Teaching? = nil, sampler: SamplerSpecification? = nil
  ) {
    self.learnsVariance = learnsVariance
    teacher = teaching?.teacher
    studentSteps = teaching?.steps
    self.process = process
    self.schedule = schedule
    self.prediction = prediction ?? process.kind.defaultPrediction
    self.lossWeighting = lossWeighting
    self.drawing = drawing
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
    try sampler.checkChosenAnew()
    var result = self
    result.sampler = sampler
    try result.validate()
    return result
  }

  /// The plain denoiser, which is trained for all styles.
  public var trained: any Method {
    var plain = DenoisingDiffusion(
      process: process, schedule: schedule, prediction: prediction, lossWeighting: lossWeighting,
      drawing: drawing, observationDropout: observationDropout, learnsVariance: learnsVariance,
      teaching: teaching, sampler: sampler)
    plain.noiseDraws = noiseDraws
    return plain
  }

  /// Whether it is shown no observation now and then.
  public var dropsObservations: Bool { observationDropout > 0 }

  /// It has an error for each action, but not a variance.
  public var canMaskPadding: Bool { !learnsVariance }

  /// The schedule and the sampler in words.
  public var words: String? {
    process.kind == .vp
      ? "\(schedule.kind.rawValue) schedule of \(schedule.steps) noise steps"
      : "process \(process.kind.rawValue) of \(schedule.steps) noise steps, prediction "
        + prediction.rawValue
  }

  /// Checks ranges, and that what is trained can be sampled as configured.
  public func validate() throws {
    guard (0..<1).contains(observationDropout) else {
      throw ImitationError.optionOutOfRange(
        name: "observation dropout", value: "\(observationDropout)",
        range: "at least 0 and less than 1")
    }
    let draws = learnsVariance || teacher != nil ? 1...1 : 1...64
    guard draws.contains(noiseDraws ?? 1) else {
      throw ImitationError.optionOutOfRange(
        name: "the noise draws of a window", value: "\(noiseDraws ?? 1)",
        range: draws.count == 1 ? "1 where variances are learned or there is a teacher" : "1…64")
    }
    let process = try process()
    let plan = try plan(of: process)
    guard learnsVariance || !plan.needsVariance else {
      throw ImitationError.optionOutOfRange(
        name: "the variance of ddpm", value: "learned",
        range: "small or large for a policy that is trained without --learn-variance")
    }
    guard (teacher == nil) == (studentSteps == nil) else {
      throw ImitationError.optionOutOfRange(
        name: "student steps", value: studentSteps.map { "\($0)" } ?? "none",
        range: "given together with a teacher, or not at all")
    }
    try teaching?.check(self, process)
    _ = try drawing.table(of: process, weights: weights(process))
    guard sampler.guidance == 0 || dropsObservations else {
      throw ImitationError.optionOutOfRange(
        name: "guidance", value: "\(sampler.guidance)",
        range: "0 for a policy that is trained without observation dropout")
    }
  }

  /// How it is taught by another denoiser; nil where it is not.
  public var teaching: Teaching? {
    guard let teacher, let studentSteps else { return nil }
    return Teaching(teacher: teacher, steps: studentSteps)
  }

  /// The process of data whose deviation is σ_d.
  func process(
    dataDeviation: Double = NoiseLevel.uniformDeviation
  ) throws -> NoiseProcess {
    try NoiseProcess(process, schedule: schedule, dataDeviation: dataDeviation)
  }

  /// The plan of sampling; clean samples are clipped to where demonstrations are, which may be
  /// further than ±1 by the factor `reach`.
  private func plan(of process: NoiseProcess, reach: Float = 1) throws -> SamplingPlan {
    var sampler = sampler
    sampler.clip = sampler.clip.map { $0 * Double(reach) }
    return try sampler.plan(for: process, prediction: prediction)
  }

  /// The weight of the squared error at each noise step.
  private func weights(_ process: NoiseProcess) -> [Double] {
    (1...process.steps).map { lossWeighting.weight(at: $0, in: process, for: prediction) }
  }

  /// Whether σ_d makes a difference and is measured.
  private var needsDeviation: Bool { process.kind != .vp || prediction == .preconditioned }

  // MARK: The network

  /// Declares the backbone with noisy actions and noise step, and σ_d where it makes a difference.
  public func network(_ design: NetworkDesign, _ scope: ParameterScope) -> DenoisingNetwork {
    self.network(design, scope, condition: 0)
  }

  /// The same with further features beside those of every observation.
  func network(
    _ design: NetworkDesign, _ scope: ParameterScope, condition: Int
  ) -> DenoisingNetwork {
    let network = PolicyNetwork(
      design, noisyActions: design.shape.horizons.prediction, noiseSteps: schedule.steps,
      outputs: (learnsVariance ? 2 : 1) * design.shape.chunkWidth, mayDrop: dropsObservations,
      condition: condition, scope)
    return DenoisingNetwork(
      network: network,
      deviation: needsDeviation ? scope.declareConstant("data_deviation", shape: [1]) : nil)
  }

  /// The weighted squared error of the prediction, and the bound where variances are learned.
  public func training(
    _ denoising: DenoisingNetwork, _ task: TrainingTask
  ) throws -> MethodTraining {
    if let teaching { return try teaching.training(of: self, denoising, task) }
    return try training(denoising, task, condition: nil)
  }

  /// The same for a network that is told something of the clean chunk.
  ///
  /// - Parameters:
  ///   - denoising: The network.
  ///   - task: The windows, the batch and the seed.
  ///   - condition: Records what it is told, given the chunk, [Tp, A].
  /// - Returns: The program and its source.
  /// - Throws: What reading windows throws.
  func training(
    _ denoising: DenoisingNetwork, _ task: TrainingTask, condition: ((Node) -> Node)?
  ) throws -> MethodTraining {
    let network = denoising.network
    let deviation = try denoising.dataDeviation(task)
    let process = try process(dataDeviation: deviation ?? NoiseLevel.uniformDeviation)
    let table = try drawing.table(of: process, weights: weights(process))
    let graph = Graph()
    let clean = condition.map { _ in
      graph.input(
        "clean", shape: [network.shape.horizons.prediction, network.shape.actionWidth])
    }
    let told = clean.flatMap { condition?($0) }
    let denoiser = Denoiser(
      network, graph, noiseSteps: process.steps, mayDrop: true, condition: told)
    let uses =
      [DenoisingUse(denoiser, number: 0)]
      + (1..<max(noiseDraws ?? 1, 1)).map {
        DenoisingUse(
          Denoiser(after: denoiser, network, number: $0, condition: told), number: $0)
      }
    let mask = PaddingMask(task, graph)
    let factors = learnsVariance ? graph.input("variance", shape: [6]) : nil
    let program = TrainingProgram(
      minimising: loss(uses, network.shape, mask, variance: factors), table: task.table,
      batch: task.batch,
      noiseSteps: uses.count > 1 ? 0 : Denoiser.sharedSteps(process.steps, batch: task.batch))
    let steps = (1...process.steps).map { step in
      NoisingStep(
        process: process, step: step, prediction: prediction, weight: table.factors[step - 1])
    }
    let windows = try WindowInputs(
      program, network, denoiser.prediction.inputs, task, dropout: observationDropout)
    return MethodTraining(
      program,
      source: DiffusionSource(
        program, windows, uses, mask: mask, steps: steps,
        table: drawing.kind == .uniform ? nil : table,
        clean: clean,
        variance: factors.map { node in
          let learned = LearnedVariance(
            process, prediction: prediction, table: table, share: lossWeighting.elboShare)
          return (program.memory(of: node), learned.factors)
        }),
      constants: denoising.constants(deviation))
  }

  /// The sum of the weighted errors of all draws, [1].
  private func loss(
    _ uses: [DenoisingUse], _ shape: PolicyShape, _ mask: PaddingMask, variance: Node?
  ) -> Node {
    let losses = uses.map { use in
      let output = use.denoiser.prediction.output
      let mean = learnsVariance ? output.columns(0..<shape.chunkWidth) : output
      let error = mask(mean).squaredError(to: use.target, weight: use.weight)
      guard let variance else { return error }
      return error.sum(
        with: output.stepVarianceBound(of: use.target, factors: variance), scaleB: 1)
    }
    return losses.dropFirst().reduce(losses[0]) { $0.sum(with: $1, scaleB: 1) }
  }

  /// Compiles the denoiser for every noise step of the schedule and plans the reverse process.
  public func decider(
    _ denoising: DenoisingNetwork, weights: Weights, options: DeciderOptions
  ) throws -> any Decider {
    try decider(denoising, weights: weights, options: options, condition: 0).decider
  }

  /// The same for a network that is told something more.
  ///
  /// - Parameters:
  ///   - denoising: The network.
  ///   - weights: The parameters' values.
  ///   - options: How to decide.
  ///   - condition: The number of further features; 0 for none.
  /// - Throws: As without them.
  /// - Returns: What decides, and where the features of each window are written.
  func decider(
    _ denoising: DenoisingNetwork, weights: Weights, options: DeciderOptions, condition: Int
  ) throws -> (decider: DiffusionDecider, condition: UnsafeMutableBufferPointer<Float>?) {
    let network = denoising.network
    let deviation = denoising.deviation.map { Double(weights[$0][0]) }
    let plan = try plan(
      of: process(dataDeviation: deviation ?? NoiseLevel.uniformDeviation),
      reach: network.shape.largestReach)
    let graph = Graph()
    let told =
      condition > 0 ? graph.input("condition", shape: [condition], rate: .perObservation) : nil
    let denoiser = Denoiser(
      network, graph, noiseSteps: schedule.steps, mayDrop: sampler.guidance != 0, condition: told)
    // Guidance asks the network twice: with and without what is seen.
    let program = try denoiser.program(
      weights, options, noiseSteps: schedule.steps, views: sampler.guidance != 0 ? 2 : 1,
      candidates: sampler.candidates)
    let decider = try DiffusionDecider(
      program, denoiser, plan: plan, sampler: sampler, options: options,
      learnsVariance: learnsVariance)
    return (decider, told.map { program.rows(of: $0) })
  }

  /// One denoising step, and the plan of the others; nil where it takes more than that: guidance,
  /// learned variances, the densest of several candidates.
  public func description(
    of denoising: DenoisingNetwork, weights: Weights, table: ParameterTable
  ) throws -> NetworkDescription? {
    guard sampler.guidance == 0, sampler.candidates == 1, !learnsVariance else { return nil }
    let deviation = denoising.deviation.map { Double(weights[$0][0]) }
    let plan = try plan(
      of: process(dataDeviation: deviation ?? NoiseLevel.uniformDeviation),
      reach: denoising.network.shape.largestReach)
    let denoiser = Denoiser(
      denoising.network, Graph(), noiseSteps: schedule.steps, mayDrop: false)
    return NetworkDescription(
      denoiser.prediction, noisyActions: denoiser.noisyActions, time: denoiser.time, table: table,
      sampling: NetworkDescription.Sampling(plan) {
        denoising.network.timeFeatures(step: $0, of: schedule.steps)
      })
  }

  /// Compiles the denoiser for questions.
  public func denoising(
    _ denoising: DenoisingNetwork, weights: Weights, options: DeciderOptions
  ) throws -> DenoisingQuestions? {
    try questions(denoising, weights: weights, options: options, condition: 0).questions
  }

  /// The same for a network that is told something more.
  func questions(
    _ denoising: DenoisingNetwork, weights: Weights, options: DeciderOptions, condition: Int
  ) throws -> (questions: DenoisingQuestions, condition: UnsafeMutableBufferPointer<Float>?) {
    let graph = Graph()
    let told =
      condition > 0 ? graph.input("condition", shape: [condition], rate: .perObservation) : nil
    let deviation = denoising.deviation.map { Double(weights[$0][0]) }
    let process = try process(dataDeviation: deviation ?? NoiseLevel.uniformDeviation)
    let denoiser = Denoiser(
      denoising.network, graph, noiseSteps: schedule.steps, mayDrop: false, condition: told)
    let table = try drawing.table(of: process, weights: self.weights(process))
    let program = try denoiser.program(weights, options, noiseSteps: schedule.steps)
    let questions = DenoisingQuestions(
      denoiser, program, process: process, prediction: prediction, weights: table.factors,
      probabilities: table.probabilities, learnsVariance: learnsVariance)
    return (questions, told.map { program.rows(of: $0) })
  }
}
