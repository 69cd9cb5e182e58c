public import Demonstrations
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
public struct DiffusionMethod: Method {
  private let configuration: PolicyConfiguration
  private let schedule: NoiseSchedule

  /// Takes backbone, schedule, prediction and loss weighting from a configuration.
  ///
  /// - Throws: `DiffusionError` for a schedule or a sampler outside its range.
  public init(_ configuration: PolicyConfiguration) throws {
    self.configuration = configuration
    schedule = try NoiseSchedule(configuration.schedule)
    // Training does not sample, but should not end in a policy that cannot.
    _ = try configuration.sampler.plan(
      schedule: schedule, prediction: configuration.prediction)
  }

  /// Declares the backbone with noisy actions and noise step.
  public func network(_ shape: PolicyShape, _ scope: ParameterScope) -> any Backbone {
    configuration.backbone.makeBackbone(
      BackboneSizes(
        observation: shape.observationWidth,
        noisyActions: shape.horizons.prediction, actionWidth: shape.actionWidth,
        timeFeatures: timeFeatures(1).count, outputs: shape.chunkWidth), scope)
  }

  /// The weighted squared error of the prediction.
  public func training(
    _ network: any Backbone, table: ParameterTable, data: WindowDataset, batch: Int, seed: UInt64
  ) -> (program: TrainingProgram, source: any BatchSource) {
    let graph = Graph()
    let inputs = inputs(
      graph,
      PolicyShape(
        stepObservationWidth: data.stepObservationWidth, actionWidth: data.actionWidth,
        horizons: data.horizons))
    let target = graph.input("target", shape: [data.chunkWidth])
    let weight = graph.input("weight", shape: [1])
    let loss = network(inputs).squaredError(to: target, weight: weight)
    let program = TrainingProgram(minimising: loss, table: table, batch: batch)
    let steps = (1...schedule.steps).map { step in
      NoisingStep(
        schedule: schedule, step: step, prediction: configuration.prediction,
        weighting: configuration.lossWeighting, timeFeatures: timeFeatures(step))
    }
    let order = WindowOrder(count: data.count, batch: batch, seed: seed)
    return (program, DiffusionSource(program, data: data, order: order, steps: steps))
  }

  /// Compiles the denoiser for every noise step of the schedule and plans the reverse process.
  public func decider(
    _ network: any Backbone, weights: FloatBuffer, shape: PolicyShape,
    sampler: SamplerSpecification, capacity: Int
  ) throws -> any Decider {
    let plan = try sampler.plan(schedule: schedule, prediction: configuration.prediction)
    let program = InferenceProgram(
      computing: network(inputs(Graph(), shape)), weights: weights, samples: capacity,
      observations: capacity, times: schedule.steps)
    let features = (1...schedule.steps).flatMap { timeFeatures($0) }
    _ = program.rows("time").update(fromContentsOf: features)
    program.prepareTimes()
    return DiffusionDecider(program, plan: plan)
  }

  private func inputs(_ graph: Graph, _ shape: PolicyShape) -> BackboneInputs {
    BackboneInputs(
      observation: graph.input(
        "observation", shape: [shape.observationWidth], rate: .perObservation),
      noisyActions: graph.input(
        "noisyActions", shape: [shape.horizons.prediction, shape.actionWidth]),
      time: graph.input("time", shape: [timeFeatures(1).count], rate: .perTime))
  }

  private func timeFeatures(_ step: Int) -> [Float] {
    configuration.backbone.kind.type.timeFeatures(step: step, of: schedule.steps)
  }
}
