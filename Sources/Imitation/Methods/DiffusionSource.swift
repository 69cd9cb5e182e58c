internal import Demonstrations
internal import Diffusion
internal import Neural
internal import Randomness

/// What one noise step makes of a clean chunk in training.
struct NoisingStep: Sendable {
  /// Weights of clean chunk and noise in the noisy chunk: √ᾱ and √(1−ᾱ).
  let noisy: SIMD2<Float>
  /// Weights of clean chunk and noise in what the network should predict.
  let target: SIMD2<Float>
  /// The weight of the squared error.
  let weight: Float
  /// What the network is told of the step.
  let timeFeatures: [Float]

  init(
    schedule: NoiseSchedule, step: Int, prediction: PredictionType, weighting: LossWeighting,
    timeFeatures: [Float]
  ) {
    let level = schedule.level(step)
    let target = level.target(prediction)
    noisy = SIMD2(Float(level.signal), Float(level.noise))
    self.target = SIMD2(Float(target.first), Float(target.second))
    weight = Float(weighting.weight(at: step, in: schedule, for: prediction))
    self.timeFeatures = timeFeatures
  }
}

/// Fills a denoiser's inputs: windows in shuffled order, noise steps t ~ U{1…T}, noise.
final class DiffusionSource: BatchSource {
  private let windows: WindowInputs
  private let steps: [NoisingStep]
  private let noisyActions: UnsafeMutablePointer<Float>
  private let time: UnsafeMutablePointer<Float>
  private let target: UnsafeMutablePointer<Float>
  private let weight: UnsafeMutablePointer<Float>
  private let times: UnsafeMutableBufferPointer<Int32>?

  init(_ program: TrainingProgram, _ windows: WindowInputs, steps: [NoisingStep]) {
    self.windows = windows
    self.steps = steps
    noisyActions = program.memory("noisyActions")
    time = program.memory("time")
    target = program.memory("target")
    weight = program.memory("weight")
    times = program.times
    // Samples that share noise steps find them in a table.
    for (row, step) in steps.enumerated() where times != nil { write(step.timeFeatures, row: row) }
  }

  func fill(_ rows: Range<Int>, step: Int) {
    let width = windows.data.chunkWidth
    for row in rows {
      let noisy = noisyActions + row * width
      let target = target + row * width
      // The clean chunk goes where the noisy one will stand, the noise where the target will.
      windows.fill(row: row, step: step, action: noisy)
      fillNormals(
        UnsafeMutableBufferPointer(start: target, count: width), seed: windows.order.seed,
        purpose: .trainingNoise, step: UInt32(truncatingIfNeeded: step), index: UInt32(row))
      let drawn = drawnStep(step: step, row: row)
      let noising = steps[drawn]
      for j in 0..<width {
        let (clean, noise) = (noisy[j], target[j])
        noisy[j] = noising.noisy[0] * clean + noising.noisy[1] * noise
        target[j] = noising.target[0] * clean + noising.target[1] * noise
      }
      if let times {
        times[row] = Int32(drawn)
      } else {
        write(noising.timeFeatures, row: row)
      }
      weight[row] = noising.weight
    }
  }

  private func write(_ features: [Float], row: Int) {
    for j in features.indices { time[row * features.count + j] = features[j] }
  }

  /// An index of ``steps``, uniform.
  private func drawnStep(step: Int, row: Int) -> Int {
    var stream = RandomStream(
      seed: windows.order.seed, purpose: .noiseStep, step: UInt32(truncatingIfNeeded: step),
      index: UInt32(row))
    return stream.integer(below: steps.count)
  }
}
