internal import Diffusion
internal import Neural
internal import Randomness

extension LatentDiffusionNetwork {
  /// By what a flow's latents are divided: nearly all of a normal distribution lies within ±1 then.
  private static let flowReach: Float = 4
  /// The largest weight of a noise step: the last of a cosine schedule would have 500.
  private static let largestWeight = 2.0

  /// The training of codec and denoiser together, by the bound on −ln p(A | o), a value:
  /// −ln p(A | z), less the entropy of q(z | A), plus the cross entropy of q(z | A) with what the
  /// denoiser draws, ½ Σ_t w_t·‖ε − ε̂(z_t, t, o)‖².
  ///
  /// Source: Vahdat et al. 2021, theorem 1 and equation 9, with noise steps drawn by importance.
  ///
  /// - Parameters:
  ///   - task: The windows, the batch and the seed.
  ///   - denoising: How latents are denoised, by ε and the process vp.
  ///   - blur: What is added to chunks for a flow.
  /// - Returns: The program and its source.
  /// - Throws: What reading windows throws.
  func jointTraining(
    _ task: TrainingTask, _ denoising: DenoisingDiffusion, blur: Double
  ) throws -> MethodTraining {
    let process = try denoising.process()
    let weighting = LossWeighting(.elbo)
    let weights = (1...process.steps).map {
      min(weighting.weight(at: $0, in: process, for: .epsilon), Self.largestWeight)
    }
    let table = try NoiseStepDrawing(.importance).table(of: process, weights: weights)
    let (graph, network) = (Graph(), denoiser.network)
    let (latents, values) = (network.shape.chunkWidth, shape.chunkWidth)
    let chunk = graph.input("chunk", shape: [values])
    var (drawn, loss, constants) = (nil as Node?, chunk, scale.fixed(1))
    var latent = chunk
    if let gaussian {
      let noise = graph.input("noise", shape: [latents])
      let posterior = gaussian.posterior(chunk)
      latent = GaussianCodec.draw(posterior, noise: noise)
      // The entropy of q but for a constant.
      let entropy = posterior.columns(latents..<2 * latents).mean * (Float(latents) / 2)
      loss = gaussian.error(gaussian.decoded(latent), of: chunk)
        .sum(with: entropy, scaleB: -1 / Float(values))
      drawn = noise
    } else if let flow {
      let still = try flow.still(task)
      let encoded = flow.encoded(chunk)
      latent = encoded.latent * (1 / Self.flowReach)
      loss = encoded.logDeterminant * (-1 / Float(values))
      constants = flow.constants(still).merging(scale.fixed(Self.flowReach)) { $1 }
    }
    let signal = graph.input("signal", shape: [latents])
    let noise = graph.input("scaledNoise", shape: [latents])
    let target = graph.input("target", shape: [latents])
    let weight = graph.input("weight", shape: [1])
    let noisy = latent.flattened * signal + noise
    let denoiser = Denoiser(
      network, graph, noiseSteps: process.steps, mayDrop: false,
      noisy: noisy.reshaped([network.shape.horizons.prediction, network.shape.actionWidth]))
    let error = denoiser.prediction.output.squaredError(to: target, weight: weight)
    loss = loss.sum(with: error, scaleB: Float(process.steps * latents) / Float(values))
    let program = TrainingProgram(
      minimising: loss, table: task.table, batch: task.batch,
      noiseSteps: Denoiser.sharedSteps(process.steps, batch: task.batch))
    let windows = try WindowInputs(program, network, denoiser.prediction.inputs, task)
    let source = JointSource(
      LatentSource(
        program, windows, chunk: chunk, noise: drawn, blur: flow == nil ? 0 : blur),
      time: NoiseStepInput(program, denoiser), levels: process.levels, table: table,
      places: [signal, noise, target, weight].map { program.memory(of: $0) }, latents: latents)
    return MethodTraining(program, source: source, constants: constants)
  }
}

/// Fills chunks as a codec's training does, and noise steps and noise for the denoiser.
private final class JointSource: WindowSource {
  private let chunks: LatentSource
  private let time: NoiseStepInput
  private let levels: [NoiseLevel]
  private let table: NoiseStepTable
  /// Of the signal's share, of noise as it is added, of ε, and of the weight.
  private let places: [UnsafeMutablePointer<Float>]
  private let latents: Int

  init(
    _ chunks: LatentSource, time: NoiseStepInput, levels: [NoiseLevel], table: NoiseStepTable,
    places: [UnsafeMutablePointer<Float>], latents: Int
  ) {
    self.chunks = chunks
    self.time = time
    self.levels = levels
    self.table = table
    self.places = places
    self.latents = latents
  }

  var windows: WindowInputs { chunks.windows }

  func fill(_ rows: Range<Int>, step: Int) {
    chunks.fill(rows, step: step)
    let (seed, step) = (windows.order.seed, UInt32(truncatingIfNeeded: step))
    for row in rows {
      var stream = RandomStream(seed: seed, purpose: .noiseStep, step: step, index: UInt32(row))
      let t = table.noiseStep(at: stream.uniform())
      let (start, level) = (row * latents, levels[t])
      // The other half of the indices is the codec's.
      fillNormals(
        UnsafeMutableBufferPointer(start: places[2] + start, count: latents), seed: seed,
        purpose: .latent, step: step, index: UInt32(row) | 0x8000_0000)
      for j in start..<start + latents {
        places[0][j] = Float(level.signal)
        places[1][j] = Float(level.noise) * places[2][j]
      }
      places[3][row] = Float(table.factors[t - 1])
      time.write(t - 1, row: row)
    }
  }
}
