internal import Diffusion
public import Neural

/// The minimal iterative policy: asked twice, without any sampling.
///
/// A denoiser f(x, t, o) is trained at two places only: f(0, 0, o) should be the chunk A, with
/// weight 1/t*², and f(A + (1 − t*)·ε, t*, o) too, with weight 1/(1 − t*)². It acts f(f(0, 0, o),
/// t*, o): like regression it has one answer and knows no modes, but the second question refines
/// the first.
///
/// Source: Pan et al., "Much ado about noising", 2025.
public struct MinimalIterativePolicy: Method {
  /// The name by which it is chosen.
  public static let name = "mip"
  /// What it learns.
  public static let summary = "the mean, refined once"

  /// t*, where the network is asked for the second time; more than 0 and less than 1.
  public var secondTime: Double

  /// Creates the method with t* = 0.9.
  public init() { self.init(secondTime: 0.9) }

  /// Creates the method.
  public init(secondTime: Double) { self.secondTime = secondTime }

  /// Checks t*.
  public func validate() throws {
    guard secondTime > 0, secondTime < 1 else {
      throw ImitationError.optionOutOfRange(
        name: "second time", value: "\(secondTime)", range: "more than 0 and less than 1")
    }
  }

  /// It has an error for each action.
  public var canMaskPadding: Bool { true }

  /// Declares the backbone with an unfinished chunk and two times.
  public func network(_ design: NetworkDesign, _ scope: ParameterScope) -> PolicyNetwork {
    PolicyNetwork(
      design, noisyActions: design.shape.horizons.prediction, noiseSteps: 2,
      outputs: design.shape.chunkWidth, scope)
  }

  /// The weighted squared error at the two places, each drawn equally often.
  public func training(_ network: PolicyNetwork, _ task: TrainingTask) throws -> MethodTraining {
    let graph = Graph()
    let denoiser = Denoiser(network, graph, noiseSteps: 2, mayDrop: false)
    let use = DenoisingUse(denoiser, number: 0)
    let mask = PaddingMask(task, graph)
    let loss = mask(denoiser.prediction.output).squaredError(to: use.target, weight: use.weight)
    let program = TrainingProgram(
      minimising: loss, table: task.table, batch: task.batch, noiseSteps: task.batch >= 4 ? 2 : 0)
    let rest = Float(1 - secondTime)
    // Noise step 2 is the first question, as samplers count.
    let steps = [
      NoisingStep(noisy: [1, rest], weight: 1 / (rest * rest)),
      NoisingStep(noisy: [0, 0], weight: Float(1 / (secondTime * secondTime))),
    ]
    let windows = try WindowInputs(program, network, denoiser.prediction.inputs, task)
    return MethodTraining(
      program,
      source: DiffusionSource(program, windows, [use], mask: mask, steps: steps))
  }

  /// Compiles the network for its two questions.
  public func decider(
    _ network: PolicyNetwork, weights: Weights, options: DeciderOptions
  ) throws -> any Decider {
    let process = NoiseProcess(try NoiseSchedule(betas: [0.5, 0.5]))
    let plan = SamplingPlan(
      AnswersThemselves(), visiting: [2, 1], in: process, prediction: .sample,
      startsFromZero: true)
    let denoiser = Denoiser(network, Graph(), noiseSteps: 2, mayDrop: false)
    let program = try denoiser.program(weights, options, noiseSteps: 2)
    return try DiffusionDecider(
      program, denoiser, plan: plan, sampler: SamplerSpecification(), options: options)
  }
}

/// Whatever the network answers is what it is asked about next.
private struct AnswersThemselves: OneStepSampler {
  var clip: Double? { nil }

  func step(from t: Int, to s: Int, in process: NoiseProcess) -> LinearStep {
    LinearStep(from: t, to: s, clean: 1)
  }
}
