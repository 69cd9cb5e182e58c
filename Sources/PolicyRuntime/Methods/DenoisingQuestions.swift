public import Diffusion
internal import Neural

/// A denoiser that is asked about any chunk at any noise step; one thread at a time.
public final class DenoisingQuestions {
  /// The forward process, with the deviation that was measured.
  public let process: NoiseProcess
  /// What the network predicts.
  public let prediction: PredictionType
  /// The weight of the squared error of each noise step in the training loss, t = 1 first.
  public let weights: [Double]
  /// How often training draws each noise step, t = 1 first.
  public let probabilities: [Double]
  /// Whether it predicts variances too.
  public let learnsVariance: Bool
  /// Where to write the windows' features.
  public let observations: UnsafeMutableBufferPointer<Float>
  /// Where to write the windows' images.
  public let images: [UnsafeMutableBufferPointer<Float>]
  private let program: InferenceProgram
  private let noisy: UnsafeMutableBufferPointer<Float>
  private let width: Int

  init(
    _ denoiser: Denoiser, _ program: InferenceProgram, process: NoiseProcess,
    prediction: PredictionType, weights: [Double], probabilities: [Double], learnsVariance: Bool
  ) {
    self.program = program
    self.process = process
    self.prediction = prediction
    self.weights = weights
    self.probabilities = probabilities
    self.learnsVariance = learnsVariance
    observations = program.rows(of: denoiser.prediction.inputs.observation)
    images = program.imageRows(denoiser.prediction.inputs)
    noisy = program.rows(of: denoiser.noisyActions)
    width = noisy.count / program.capacity.samples
  }

  /// The largest number of windows of one call.
  public var capacity: Int { program.capacity.samples }

  /// Computes what depends on the windows alone, once they are written.
  ///
  /// - Parameter windows: How many were written.
  public func observe(windows: Int) { program.observe(observations: windows, samples: windows) }

  /// The network's answers for noisy chunks, one a window.
  ///
  /// - Parameters:
  ///   - chunks: x_t, windows × (Tp · A).
  ///   - t: The noise step, in 1…T.
  /// - Returns: What it predicts; and, where variances are learned, r of Σ = exp(m + k·r), else
  ///   nothing: as many numbers each.
  public func answers(to chunks: [Float], at t: Int) -> (prediction: [Float], variance: [Float]) {
    let scale = Float(process.inputScale(t))
    for index in chunks.indices { noisy[index] = scale * chunks[index] }
    let windows = chunks.count / width
    program.step(noiseStep: t - 1, samples: windows, observations: windows)
    let outputs = program.output.prefix(program.output.count / capacity * windows)
    guard learnsVariance else { return (Array(outputs), []) }
    func half(_ first: Int) -> [Float] {
      (0..<windows).flatMap { outputs[$0 * 2 * width + first..<$0 * 2 * width + first + width] }
    }
    return (half(0), half(width))
  }
}
