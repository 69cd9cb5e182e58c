internal import Diffusion
internal import Neural
internal import Randomness

/// What one noise step makes of a clean chunk in training.
struct NoisingStep: Sendable {
  /// Weights of clean chunk and noise in what the network is shown: c_in·a_t and c_in·b_t.
  let noisy: SIMD2<Float>
  /// Weights of clean chunk and noise in what the network should predict.
  let target: SIMD2<Float>
  /// The weight of the squared error.
  let weight: Float

  init(process: NoiseProcess, step: Int, prediction: PredictionType, weight: Double) {
    let level = process.level(step)
    let target = process.target(prediction, at: step)
    let scale = process.inputScale(step)
    noisy = SIMD2(Float(scale * level.signal), Float(scale * level.noise))
    self.target = SIMD2(Float(target.first), Float(target.second))
    self.weight = Float(weight)
  }

  /// A step whose network is shown noisy[0]·a + noisy[1]·ε and should say a.
  init(noisy: SIMD2<Float>, weight: Float) {
    self.noisy = noisy
    target = [1, 0]
    self.weight = weight
  }
}

/// Fills a denoiser's inputs: windows in shuffled order, noise steps as a table has them, noise.
final class DiffusionSource: WindowSource {
  let windows: WindowInputs
  private let steps: [NoisingStep]
  /// How often each is drawn; nil for equally often.
  private let table: NoiseStepTable?
  /// What the network is told of each step: steps × features.
  private let timeFeatures: FloatBuffer
  private let timeWidth: Int
  private let noisyActions: UnsafeMutablePointer<Float>
  private let time: UnsafeMutablePointer<Float>
  private let target: UnsafeMutablePointer<Float>
  private let weight: UnsafeMutablePointer<Float>
  private let times: UnsafeMutableBufferPointer<Int32>?
  private let mask: PaddingMask.Filler

  /// Finds the inputs of a compiled loss.
  ///
  /// - Parameters:
  ///   - program: The compiled loss.
  ///   - windows: The order of windows.
  ///   - denoiser: The network's use in the loss.
  ///   - target: The input that holds what it should predict.
  ///   - weight: The input that holds the weights of its errors.
  ///   - mask: What leaves out actions that were never recorded.
  ///   - steps: The noise steps to draw from.
  ///   - table: How often each is drawn; nil for equally often.
  init(
    _ program: TrainingProgram, _ windows: WindowInputs, _ denoiser: Denoiser, target: Node,
    weight: Node, mask: PaddingMask, steps: [NoisingStep], table: NoiseStepTable? = nil
  ) {
    self.table = table
    self.windows = windows
    self.steps = steps
    self.mask = mask.filler(program, windows)
    let timeFeatures = denoiser.timeFeatures
    self.timeFeatures = FloatBuffer(count: timeFeatures.count)
    _ = self.timeFeatures.elements.update(fromContentsOf: timeFeatures)
    timeWidth = timeFeatures.count / max(steps.count, 1)
    noisyActions = program.memory(of: denoiser.noisyActions)
    time = program.memory(of: denoiser.time)
    self.target = program.memory(of: target)
    self.weight = program.memory(of: weight)
    times = program.noiseSteps
    // Samples that share noise steps find them in a table.
    if times != nil { time.update(from: self.timeFeatures.pointer, count: timeFeatures.count) }
  }

  func fill(_ rows: Range<Int>, step: Int) {
    let width = windows.data.shape.chunkWidth
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
        (time + row * timeWidth).update(
          from: timeFeatures.pointer + drawn * timeWidth, count: timeWidth)
      }
      weight[row] = noising.weight
      mask.fill(row: row, step: step, target: target)
    }
  }

  /// An index of ``steps``.
  private func drawnStep(step: Int, row: Int) -> Int {
    var stream = RandomStream(
      seed: windows.order.seed, purpose: .noiseStep, step: UInt32(truncatingIfNeeded: step),
      index: UInt32(row))
    if let table { return table.noiseStep(at: stream.uniform()) - 1 }
    return stream.integer(below: steps.count)
  }
}
