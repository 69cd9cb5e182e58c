internal import Diffusion
internal import Neural

/// Progressive distillation as a setting of a denoiser: another one, of twice as many steps, shows
/// it where each of its own should lead.
///
/// Source: Salimans and Ho 2022, algorithm 2; the mathematics is `Distillation`.
public struct Teaching: Sendable, Hashable {
  /// The teacher's checkpoint folder, which only training needs.
  public var teacher: String
  /// How many steps the student takes; the teacher takes twice as many.
  public var steps: Int

  /// Creates the setting.
  public init(teacher: String, steps: Int) {
    self.teacher = teacher
    self.steps = steps
  }

  /// How a student samples: along its own steps, which are all that it knows.
  ///
  /// - Parameter clip: The largest magnitude of the predicted clean sample.
  /// - Returns: ddim over the student's steps.
  public func sampler(clip: Double?) -> SamplerSpecification {
    SamplerSpecification(
      kind: .ddim, noiseSteps: NoiseStepSelection(count: steps, spacing: .trailing), clip: clip)
  }

  /// Checks that a denoiser can be taught so, and samples as it is taught.
  func check<Style>(_ student: Denoising<Style>, _ process: NoiseProcess) throws {
    _ = try Distillation(process, steps: steps)
    guard student.prediction != .epsilon, student.prediction != .score, !student.learnsVariance
    else {
      throw ImitationError.optionOutOfRange(
        name: "the prediction of a denoiser that teaches or is taught",
        value: student.prediction.rawValue,
        range: "one that says something at pure noise, without learned variances; this trains one: "
          + "dpolicy train --prediction velocity")
    }
    let sampler = student.sampler
    let own = self.sampler(clip: nil)
    guard sampler.kind == .ddim || sampler.kind == .euler, sampler.eta == 0,
      sampler.noiseSteps == own.noiseSteps
    else {
      throw ImitationError.optionOutOfRange(
        name: "the sampler of a student of \(steps) steps", value: sampler.kind.rawValue,
        range: "ddim with eta 0 over its \(steps) trailing steps: it was taught no others")
    }
  }

  /// The weights of the teacher, whose network is the student's.
  private func weights<Style>(
    for student: Denoising<Style>, _ network: DenoisingNetwork, _ task: TrainingTask
  ) throws -> Weights {
    let checkpoint = try Checkpoint(contentsOf: teacher)
    guard let method = checkpoint.configuration.policy.method.trained as? DenoisingDiffusion,
      method.process == student.process, method.schedule == student.schedule,
      method.prediction == student.prediction, !method.learnsVariance,
      method.teaching?.steps ?? 2 * steps == 2 * steps,
      checkpoint.shape == network.network.shape, checkpoint.weights.count == task.table.count
    else {
      throw ImitationError.optionOutOfRange(
        name: "the teacher", value: teacher,
        range: "a denoiser of the same process, prediction, network and sizes, of twice the "
          + "student's \(steps) steps")
    }
    return checkpoint.weights
  }

  /// The squared error of what the student predicts, against where its teacher's two steps lead.
  func training<Style>(
    of student: Denoising<Style>, _ denoising: DenoisingNetwork, _ task: TrainingTask
  ) throws -> MethodTraining {
    let taught = try weights(for: student, denoising, task)
    let deviation = denoising.deviation.map { Double(taught[$0][0]) }
    let process = try student.process(dataDeviation: deviation ?? NoiseLevel.uniformDeviation)
    let network = denoising.network
    let graph = Graph()
    let target = graph.input("target", shape: [network.shape.chunkWidth])
    let weight = graph.input("weight", shape: [1])
    let denoiser = Denoiser(network, graph, noiseSteps: process.steps, mayDrop: true)
    let mask = PaddingMask(task, graph)
    let loss = mask(denoiser.prediction.output).squaredError(to: target, weight: weight)
    let program = TrainingProgram(
      minimising: loss, table: task.table, batch: task.batch,
      noiseSteps: Denoiser.sharedSteps(process.steps, batch: task.batch))
    let windows = try WindowInputs(program, network, denoiser.prediction.inputs, task)
    let distillation = try Distillation(process, steps: steps)
    return MethodTraining(
      program,
      source: try TeachingSource(
        program, windows, denoiser, target: target, weight: weight, mask: mask,
        teacher: Teacher(network, taught, noiseSteps: process.steps, batch: task.batch),
        legs: distillation.legs.map {
          TaughtStep(
            distillation, process, from: $0.t, through: $0.middle, to: $0.end,
            prediction: student.prediction,
            weight: student.lossWeighting.weight(at: $0.t, in: process, for: student.prediction))
        }),
      constants: denoising.constants(deviation), start: taught)
  }
}
