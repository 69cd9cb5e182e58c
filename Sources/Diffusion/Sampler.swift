/// A rule for the way from noise to clean samples: options only, no state.
///
/// A sampler is a list of linear steps with one memory; ``SamplingPlan`` runs such a list. Conform
/// to this protocol, or to ``OneStepSampler`` where each step looks at nothing but its two noise
/// steps, to add another.
public protocol Sampler: Sendable {
  /// The largest magnitude of the predicted clean sample, or nil for no clipping.
  var clip: Double? { get }

  /// All steps in order.
  ///
  /// - Parameters:
  ///   - noiseSteps: The noise steps to visit, each in 1…T, decreasing; where the next is not an
  ///     earlier one (the last, and Diffusion-X's repeated t = 1), the step leads to clean data.
  ///   - process: The forward process.
  /// - Returns: One step for each question to the network.
  func steps(visiting noiseSteps: [Int], in process: NoiseProcess) -> [LinearStep]
}

/// A sampler whose steps depend on nothing but where they start and end.
public protocol OneStepSampler: Sampler {
  /// The step from x_t to x_s.
  ///
  /// - Parameters:
  ///   - t: The noise step of the sample that there is, in 1…T.
  ///   - s: An earlier one, in 0 ..< t; 0 is clean data, and the step to it adds no noise.
  ///   - process: The forward process.
  /// - Returns: The step.
  func step(from t: Int, to s: Int, in process: NoiseProcess) -> LinearStep
}

extension OneStepSampler {
  /// One step for each pair of neighbours.
  public func steps(visiting noiseSteps: [Int], in process: NoiseProcess) -> [LinearStep] {
    pairs(noiseSteps).map { step(from: $0, to: $1, in: process) }
  }

  /// The step from x_t to x_s as numbers.
  @available(*, deprecated, message: "Use step(from:to:in:) and StepCoefficients.init")
  public func coefficients(
    from t: Int, to s: Int, in schedule: NoiseSchedule, prediction: PredictionType
  ) -> StepCoefficients {
    let process = NoiseProcess(schedule)
    return StepCoefficients(
      step(from: t, to: s, in: process), in: process, prediction: prediction, clip: clip)
  }
}

/// The pairs (t, s) of a list of visited noise steps, where s is the next one or clean data.
func pairs(_ noiseSteps: [Int]) -> [(t: Int, s: Int)] {
  zip(noiseSteps, noiseSteps.dropFirst() + [0]).map { ($0, $1 < $0 ? $1 : 0) }
}
