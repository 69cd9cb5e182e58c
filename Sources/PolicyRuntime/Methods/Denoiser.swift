internal import Diffusion
internal import Neural

/// A denoiser's network with what it knows of the data.
public struct DenoisingNetwork {
  let network: PolicyNetwork
  /// σ_d, the standard deviation of the normalised actions, [1]; nil where it makes no difference.
  let deviation: Parameter?

  /// σ_d: the weights' own, or that of the windows' chunks over all values that are not constant.
  func dataDeviation(_ task: TrainingTask) throws -> Double? {
    guard let deviation else { return nil }
    if let known = task.constants { return Double(known[deviation][0]) }
    let (chunks, width) = (try task.data.chunks(), network.shape.chunkWidth)
    var (count, sum, squares) = (0.0, 0.0, 0.0)
    for column in 0..<width {
      let values = stride(from: column, to: chunks.count, by: width).map { chunks[$0] }
      guard values.contains(where: { $0 != values[0] }) else { continue }
      for value in values {
        count += 1
        sum += Double(value)
        squares += Double(value) * Double(value)
      }
    }
    guard count > 0 else { return NoiseLevel.uniformDeviation }
    // As a checkpoint keeps it.
    return Double(Float((squares / count - sum * sum / (count * count)).squareRoot()))
  }

  /// The constants of a training.
  func constants(_ value: Double?) -> [String: [Float]] {
    guard let deviation, let value else { return [:] }
    return [deviation.name: [Float(value)]]
  }
}

/// A denoiser in a loss, with what it should predict, [Tp · A], and the weight of its error, [1].
struct DenoisingUse {
  let denoiser: Denoiser
  let target, weight: Node

  init(_ denoiser: Denoiser, number: Int) {
    self.denoiser = denoiser
    let graph = denoiser.noisyActions.graph
    let suffix = number == 0 ? "" : ".\(number)"
    target = graph.input("target\(suffix)", shape: [denoiser.noisyActions.count])
    weight = graph.input("weight\(suffix)", shape: [1])
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

  init(
    _ network: PolicyNetwork, _ graph: Graph, noiseSteps: Int, mayDrop: Bool,
    condition: Node? = nil, noisy: Node? = nil
  ) {
    noisyActions =
      noisy
      ?? graph.input(
        "noisyActions", shape: [network.shape.horizons.prediction, network.shape.actionWidth])
    timeFeatures = (1...noiseSteps).flatMap { network.timeFeatures(step: $0, of: noiseSteps) }
    time = graph.input("time", shape: [timeFeatures.count / noiseSteps], rate: .perNoiseStep)
    prediction = network(
      graph, noisyActions: noisyActions, time: time, mayDrop: mayDrop, condition: condition)
  }

  /// One use more, with another noisy chunk at another noise step before the same window, whose
  /// features are not computed again.
  init(after first: Denoiser, _ network: PolicyNetwork, number: Int, condition: Node?) {
    let (noisy, seen) = (first.noisyActions, first.prediction)
    noisyActions = noisy.graph.input("noisyActions.\(number)", shape: noisy.shape)
    time = noisy.graph.input("time.\(number)", shape: first.time.shape, rate: .perNoiseStep)
    timeFeatures = first.timeFeatures
    prediction = network(
      seen.features, seen.inputs, noisyActions: noisyActions, time: time, condition: condition)
  }

  /// How many noise steps a training's samples share: embedding every one pays as soon as each
  /// stands for two samples; 0 where it does not.
  static func sharedSteps(_ steps: Int, batch: Int) -> Int { 2 * steps <= batch ? steps : 0 }

  /// Compiles the network for deciding, with what depends on the noise step alone.
  ///
  /// - Throws: ``ImitationError/decisionsTooLarge(samples:needed:available:)``.
  func program(
    _ weights: Weights, _ options: DeciderOptions, noiseSteps: Int, views: Int = 1,
    candidates: Int = 1
  ) throws -> InferenceProgram {
    let (samples, workers) = (views * options.capacity * candidates, options.workers?.threads ?? 1)
    try DecidingMemory.check(
      prediction.output, samples: samples, observations: views * options.capacity,
      noiseSteps: noiseSteps, workers: workers)
    let program = InferenceProgram(
      computing: prediction.output, weights: weights, samples: samples,
      observations: views * options.capacity, noiseSteps: noiseSteps,
      precision: options.precision, workers: workers)
    _ = program.rows(of: time).update(fromContentsOf: timeFeatures)
    program.prepareNoiseSteps()
    return program
  }
}
