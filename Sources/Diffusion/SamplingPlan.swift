/// The reverse process spelled out: which noise steps are visited and what each of them computes.
///
/// A plan is made once; running it allocates nothing. Any sampler, sub-sequence and number of extra
/// steps comes down to such a list, so one loop serves them all.
public struct SamplingPlan: Sendable, Hashable {
  /// One visited noise step.
  public struct Step: Sendable, Hashable {
    /// The noise step t, in 1…T, for which the network is asked.
    public var time: Int
    /// What leads from x_t to the next sample.
    public var coefficients: StepCoefficients
  }

  /// The steps in order.
  public let steps: [Step]

  /// Creates a plan from the visited noise steps.
  ///
  /// Each step leads to the noise step that follows it in the list; where the next is not an
  /// earlier one (the last, and Diffusion-X's repeated t = 1) it leads to clean data.
  ///
  /// - Parameters:
  ///   - sampler: The rule for one step.
  ///   - times: The noise steps in order, each in 1…T.
  ///   - schedule: The noise schedule.
  ///   - prediction: What the network predicts.
  public init(
    _ sampler: some Sampler, times: [Int], schedule: NoiseSchedule, prediction: PredictionType
  ) {
    steps = times.indices.map { index in
      let time = times[index]
      let next = index + 1 < times.count ? times[index + 1] : 0
      return Step(
        time: time,
        coefficients: sampler.coefficients(
          from: time, to: next < time ? next : 0, in: schedule, prediction: prediction))
    }
  }

  /// Whether any step after the first draw needs noise.
  public var isStochastic: Bool { steps.contains { $0.coefficients.noise != 0 } }

  /// Turns pure noise into samples, in place and without allocating.
  ///
  /// - Parameters:
  ///   - x: Draws from N(0, I) on entry, samples on return; any shape, usually batch × action.
  ///   - prediction: Workspace for the network's prediction; as many elements as `x`.
  ///   - noise: Workspace for noise; as many elements as `x`, or empty if no step needs any.
  ///   - predict: Writes the network's prediction for (x_t, t) into its third argument.
  ///   - draw: Fills its second argument with draws from N(0, 1); the first is the index of the
  ///     step among ``steps``. Called only for steps that need noise.
  /// - Throws: What `predict` or `draw` throws.
  public func run(
    _ x: UnsafeMutableBufferPointer<Float>, prediction: UnsafeMutableBufferPointer<Float>,
    noise: UnsafeMutableBufferPointer<Float>,
    predict: (
      _ x: UnsafeBufferPointer<Float>, _ time: Int, _ result: UnsafeMutableBufferPointer<Float>
    ) throws -> Void,
    draw: (_ step: Int, _ noise: UnsafeMutableBufferPointer<Float>) throws -> Void
  ) rethrows {
    for (index, step) in steps.enumerated() {
      try predict(UnsafeBufferPointer(x), step.time, prediction)
      if step.coefficients.noise != 0 { try draw(index, noise) }
      step.coefficients.apply(
        to: x, prediction: UnsafeBufferPointer(prediction), noise: UnsafeBufferPointer(noise))
    }
  }
}
