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

/// Tells a denoiser in training at which noise step each sample stands.
struct NoiseStepInput {
  /// What the network is told of each step: steps × features.
  private let features: FloatBuffer
  private let width: Int
  private let memory: UnsafeMutablePointer<Float>
  private let shared: UnsafeMutableBufferPointer<Int32>?

  init(_ program: TrainingProgram, _ denoiser: Denoiser) {
    features = FloatBuffer(count: denoiser.timeFeatures.count)
    _ = features.elements.update(fromContentsOf: denoiser.timeFeatures)
    width = denoiser.time.count
    memory = program.memory(of: denoiser.time)
    shared = program.noiseSteps
    // Samples that share noise steps find them in a table.
    if shared != nil { memory.update(from: features.pointer, count: features.count) }
  }

  /// Notes the index of a row's noise step, t − 1; allocates nothing.
  func write(_ index: Int, row: Int) {
    if let shared {
      shared[row] = Int32(index)
    } else {
      (memory + row * width).update(from: features.pointer + index * width, count: width)
    }
  }
}

/// Fills a denoiser's inputs: windows in shuffled order, noise steps as a table has them, noise.
final class DiffusionSource: WindowSource {
  let windows: WindowInputs
  private let steps: [NoisingStep]
  /// How often each is drawn; nil for equally often.
  private let table: NoiseStepTable?
  /// The inputs of one draw of noise step and noise.
  private struct Draw {
    let noisyActions, target, weight: UnsafeMutablePointer<Float>
    let time: NoiseStepInput

    init(_ program: TrainingProgram, _ use: DenoisingUse) {
      noisyActions = program.memory(of: use.denoiser.noisyActions)
      target = program.memory(of: use.target)
      weight = program.memory(of: use.weight)
      time = NoiseStepInput(program, use.denoiser)
    }
  }

  /// The draws that each window is shown with, one for most trainings.
  private let draws: [Draw]
  private let batch: Int
  private let mask: PaddingMask.Filler
  /// Where the clean chunk stands too; nil where nothing else reads it.
  private let clean: UnsafeMutablePointer<Float>?
  /// Where variances are learned, what the bound's term of each step is made from.
  private let variance: Variance?

  typealias Variance = (memory: UnsafeMutablePointer<Float>, factors: [[Float]])

  /// Finds the inputs of a compiled loss.
  ///
  /// - Parameters:
  ///   - program: The compiled loss.
  ///   - windows: The order of windows.
  ///   - uses: The network's uses in the loss, one for each draw.
  ///   - mask: What leaves out actions that were never recorded.
  ///   - steps: The noise steps to draw from.
  ///   - table: How often each is drawn; nil for equally often.
  ///   - clean: The input that holds the clean chunk; nil where nothing reads it.
  ///   - variance: The input of the bound's factors, and those of each noise step.
  init(
    _ program: TrainingProgram, _ windows: WindowInputs, _ uses: [DenoisingUse],
    mask: PaddingMask, steps: [NoisingStep], table: NoiseStepTable? = nil, clean: Node? = nil,
    variance: Variance? = nil
  ) {
    self.clean = clean.map { program.memory(of: $0) }
    self.variance = variance
    self.table = table
    self.windows = windows
    self.steps = steps
    self.mask = mask.filler(program, windows)
    draws = uses.map { Draw(program, $0) }
    batch = program.batch
  }

  func fill(_ rows: Range<Int>, step: Int) {
    let width = windows.data.shape.chunkWidth
    for row in rows {
      // The clean chunk goes where the noisy ones will stand, the noise where the targets will.
      let first = draws[0].noisyActions + row * width
      windows.fill(row: row, step: step, action: first)
      if let clean { (clean + row * width).update(from: first, count: width) }
      for draw in draws.dropFirst() {
        (draw.noisyActions + row * width).update(from: first, count: width)
      }
      for index in draws.indices { fill(draws[index], row, step: step, key: row + index * batch) }
    }
  }

  private func fill(_ draw: Draw, _ row: Int, step: Int, key: Int) {
    let width = windows.data.shape.chunkWidth
    let noisy = draw.noisyActions + row * width
    let target = draw.target + row * width
    fillNormals(
      UnsafeMutableBufferPointer(start: target, count: width), seed: windows.order.seed,
      purpose: .trainingNoise, step: UInt32(truncatingIfNeeded: step), index: UInt32(key))
    let drawn = drawnStep(step: step, key: key)
    let noising = steps[drawn]
    for j in 0..<width {
      let (clean, noise) = (noisy[j], target[j])
      noisy[j] = noising.noisy[0] * clean + noising.noisy[1] * noise
      target[j] = noising.target[0] * clean + noising.target[1] * noise
    }
    draw.time.write(drawn, row: row)
    draw.weight[row] = noising.weight / Float(draws.count)
    if let variance {
      let factors = variance.factors[drawn]
      for index in factors.indices {
        variance.memory[row * factors.count + index] = factors[index]
      }
    }
    mask.fill(row: row, step: step, target: target)
  }

  /// An index of ``steps``.
  private func drawnStep(step: Int, key: Int) -> Int {
    var stream = RandomStream(
      seed: windows.order.seed, purpose: .noiseStep, step: UInt32(truncatingIfNeeded: step),
      index: UInt32(key))
    if let table { return table.noiseStep(at: stream.uniform()) - 1 }
    return stream.integer(below: steps.count)
  }
}
