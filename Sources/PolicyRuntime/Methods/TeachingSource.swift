internal import Diffusion
internal import Neural
internal import Randomness

/// One step of a student with the two of its teacher, as numbers.
struct TaughtStep: Sendable {
  /// The noise steps at which the teacher is asked.
  let noiseSteps: (first: Int, second: Int)
  /// The teacher's two steps.
  let steps: (first: StepCoefficients, second: StepCoefficients)
  /// Weights of clean chunk and noise in what the network is shown.
  let noisy: SIMD2<Float>
  /// Weights of what the student is shown, and of where the teacher arrived, in what it should say.
  let target: SIMD2<Float>
  /// The weight of the squared error.
  let weight: Float

  init(
    _ distillation: Distillation, _ process: NoiseProcess, from t: Int, through middle: Int,
    to end: Int, prediction: PredictionType, weight: Double
  ) {
    let (level, scale) = (process.level(t), process.inputScale(t))
    let target = distillation.target(prediction, from: t, to: end)
    noiseSteps = (t, middle)
    steps = (
      distillation.teacherStep(from: t, to: middle, prediction: prediction),
      distillation.teacherStep(from: middle, to: end, prediction: prediction)
    )
    noisy = SIMD2(Float(scale * level.signal), Float(scale * level.noise))
    self.target = SIMD2(
      Float(target.first / scale),
      Float(target.second / (end == 0 ? 1 : process.inputScale(end))))
    self.weight = Float(weight)
  }
}

/// A trained denoiser that is asked about the rows of another's training batch.
struct Teacher {
  let program: InferenceProgram
  let noisy: UnsafeMutableBufferPointer<Float>
  let inputs: EncoderInputs

  init(_ network: PolicyNetwork, _ weights: Weights, noiseSteps: Int, batch: Int) throws {
    let denoiser = Denoiser(network, Graph(), noiseSteps: noiseSteps, mayDrop: false)
    program = try denoiser.program(
      weights, DeciderOptions(capacity: batch), noiseSteps: noiseSteps)
    noisy = program.rows(of: denoiser.noisyActions)
    inputs = denoiser.prediction.inputs
  }
}

/// Fills a student's inputs: windows in shuffled order, noise, and what its teacher makes of both.
///
/// The batch's rows are shared out evenly between the student's steps, in runs, since a teacher
/// answers many rows of one noise step at once; where the runs begin is drawn.
final class TeachingSource: WindowSource {
  let windows: WindowInputs
  private let legs: [TaughtStep]
  private let teacher: Teacher
  private let batch: Int
  private let time: NoiseStepInput
  private let noisyActions, target, weight: UnsafeMutablePointer<Float>
  /// The student's windows and the teacher's copies of them.
  private let copies: [(from: UnsafeMutablePointer<Float>, to: UnsafeMutableBufferPointer<Float>)]
  private let mask: PaddingMask.Filler

  init(
    _ program: TrainingProgram, _ windows: WindowInputs, _ denoiser: Denoiser, target: Node,
    weight: Node, mask: PaddingMask, teacher: Teacher, legs: [TaughtStep]
  ) {
    self.windows = windows
    self.legs = legs
    self.teacher = teacher
    self.mask = mask.filler(program, windows)
    batch = program.batch
    time = NoiseStepInput(program, denoiser)
    noisyActions = program.memory(of: denoiser.noisyActions)
    self.target = program.memory(of: target)
    self.weight = program.memory(of: weight)
    let inputs = denoiser.prediction.inputs
    copies = zip(
      [inputs.observation] + inputs.images,
      [teacher.inputs.observation] + teacher.inputs.images
    ).map { (program.memory(of: $0), teacher.program.rows(of: $1)) }
  }

  /// Makes the windows of a step ready, and shows them to the teacher.
  func prepare(step: Int) throws {
    try windows.order.prepare(step: step)
    for row in 0..<batch {
      windows.fill(row: row, step: step, action: noisyActions + row * width)
    }
    for (from, to) in copies {
      _ = to.update(fromContentsOf: UnsafeBufferPointer(start: from, count: to.count))
    }
    teacher.program.observe(observations: batch, samples: batch)
  }

  private var width: Int { windows.data.shape.chunkWidth }

  func fill(_ rows: Range<Int>, step: Int) {
    var stream = RandomStream(
      seed: windows.order.seed, purpose: .noiseStep, step: UInt32(truncatingIfNeeded: step))
    let shift = stream.integer(below: batch)
    func leg(of row: Int) -> Int { (row + shift) % batch * legs.count / batch }
    var start = rows.lowerBound
    while start < rows.upperBound {
      let own = leg(of: start)
      var end = start + 1
      while end < rows.upperBound, leg(of: end) == own { end += 1 }
      teach(legs[own], start..<end, step: step)
      start = end
    }
  }

  /// Makes rows noisy, asks the teacher twice, and notes what the student should say.
  private func teach(_ leg: TaughtStep, _ rows: Range<Int>, step: Int) {
    let range = rows.lowerBound * width..<rows.upperBound * width
    for row in rows {
      let (noisy, noise) = (noisyActions + row * width, target + row * width)
      fillNormals(
        UnsafeMutableBufferPointer(start: noise, count: width), seed: windows.order.seed,
        purpose: .trainingNoise, step: UInt32(truncatingIfNeeded: step), index: UInt32(row))
      for j in 0..<width {
        noisy[j] = leg.noisy[0] * noisy[j] + leg.noisy[1] * noise[j]
        teacher.noisy[row * width + j] = noisy[j]
      }
    }
    let x = UnsafeMutableBufferPointer(rebasing: teacher.noisy[range])
    let output = UnsafeBufferPointer(rebasing: teacher.program.output[range])
    for (noiseStep, coefficients) in [
      (leg.noiseSteps.first, leg.steps.first), (leg.noiseSteps.second, leg.steps.second),
    ] {
      teacher.program.step(
        noiseStep: noiseStep - 1, samples: batch, observations: batch, rows: rows)
      coefficients.apply(to: x, prediction: output, noise: .init(start: nil, count: 0))
    }
    for row in rows {
      for index in row * width..<(row + 1) * width {
        target[index] =
          leg.target[0] * noisyActions[index] + leg.target[1] * teacher.noisy[index]
      }
      time.write(leg.noiseSteps.first - 1, row: row)
      weight[row] = leg.weight
      mask.fill(row: row, step: step, target: target + row * width)
    }
  }
}
