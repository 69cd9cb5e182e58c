/// The reverse process spelled out: which noise steps are visited and what each of them computes.
///
/// A plan is made once; running it allocates nothing. Any sampler, sub-sequence and number of extra
/// steps comes down to such a list, so one loop serves them all.
public struct SamplingPlan: Sendable, Hashable {
  /// One question to the network and what follows from its answer.
  public struct Step: Sendable, Hashable {
    /// The noise step t, in 1…T, for which the network is asked.
    public var noiseStep: Int
    /// c_in: the state before this step is c_in·x_t.
    public var inputScale: Float
    /// What leads from x to the next state.
    public var coefficients: StepCoefficients

    /// The former name of ``noiseStep``.
    @available(*, deprecated, renamed: "noiseStep")
    public var time: Int { noiseStep }
  }

  /// The steps in order.
  public let steps: [Step]
  /// What draws from N(0, I) are multiplied by to start: 1 for `vp`; 0 where sampling starts from
  /// 0.
  public let startScale: Float

  /// Creates a plan from the visited noise steps.
  ///
  /// - Parameters:
  ///   - sampler: The rule for the steps.
  ///   - noiseSteps: The noise steps in order, each in 1…T; see ``Sampler/steps(visiting:in:)``.
  ///   - process: The forward process.
  ///   - prediction: What the network predicts.
  ///   - startsFromZero: Whether x_T is 0 instead of noise (Pan et al. 2025).
  public init(
    _ sampler: some Sampler, visiting noiseSteps: [Int], in process: NoiseProcess,
    prediction: PredictionType, startsFromZero: Bool = false
  ) {
    let linear = sampler.steps(visiting: noiseSteps, in: process)
    let scales = linear.map { process.inputScale($0.noiseStep) }
    steps = linear.indices.map { index in
      Step(
        noiseStep: linear[index].noiseStep, inputScale: Float(scales[index]),
        coefficients: StepCoefficients(
          linear[index], in: process, prediction: prediction, clip: sampler.clip,
          inputScale: index + 1 < linear.count ? scales[index + 1] : 1))
    }
    guard let first = linear.first, !startsFromZero else {
      startScale = 0
      return
    }
    startScale = Float(process.startDeviation(first.noiseStep) * scales[0])
  }

  /// Creates a plan for the variance-preserving process of a schedule.
  @available(*, deprecated, message: "Use init(_:visiting:in:prediction:)")
  public init(
    _ sampler: some Sampler, times: [Int], schedule: NoiseSchedule, prediction: PredictionType
  ) {
    self.init(
      sampler, visiting: times, in: NoiseProcess(schedule), prediction: prediction)
  }

  /// Whether any step after the first draw needs noise.
  public var isStochastic: Bool { steps.contains { $0.coefficients.noise != 0 } }

  /// Whether any step keeps something for a later one.
  public var usesMemory: Bool { steps.contains { $0.coefficients.usesMemory } }

  /// Whether the network has to predict variances too.
  public var needsVariance: Bool { steps.contains { $0.coefficients.learnedNoise != nil } }

  /// Turns noise into samples, in place and without allocating.
  ///
  /// - Parameters:
  ///   - x: Draws from N(0, I) times ``startScale`` on entry, samples on return; any shape, usually
  ///     batch × action. On the way it holds what the network is shown, c_in·x_t.
  ///   - prediction: Workspace for the network's prediction; as many elements as `x`.
  ///   - noise: Workspace for noise; as many elements as `x`, or empty if no step needs any.
  ///   - memory: Workspace for what steps keep; as many elements, or empty if none does.
  ///   - variance: Where `predict` leaves the network's variances; only read if they are learned.
  ///   - predict: Writes the network's prediction for (x, t) into its third argument.
  ///   - draw: Fills its second argument with draws from N(0, 1); the first is the index of the
  ///     step among ``steps``. Called only for steps that need noise.
  /// - Throws: What `predict` or `draw` throws.
  public func run(
    _ x: UnsafeMutableBufferPointer<Float>, prediction: UnsafeMutableBufferPointer<Float>,
    noise: UnsafeMutableBufferPointer<Float>,
    memory: UnsafeMutableBufferPointer<Float> = .init(start: nil, count: 0),
    variance: UnsafeMutableBufferPointer<Float> = .init(start: nil, count: 0),
    predict: (
      _ x: UnsafeBufferPointer<Float>, _ noiseStep: Int,
      _ result: UnsafeMutableBufferPointer<Float>
    ) throws -> Void,
    draw: (_ step: Int, _ noise: UnsafeMutableBufferPointer<Float>) throws -> Void
  ) rethrows {
    // Memory that was never written may hold a NaN, and 0 times NaN is NaN.
    memory.update(repeating: 0)
    for (index, step) in steps.enumerated() {
      try predict(UnsafeBufferPointer(x), step.noiseStep, prediction)
      if step.coefficients.noise != 0 { try draw(index, noise) }
      step.coefficients.apply(
        to: x, prediction: UnsafeBufferPointer(prediction), noise: UnsafeBufferPointer(noise),
        memory: memory, variance: UnsafeBufferPointer(variance))
    }
  }
}
