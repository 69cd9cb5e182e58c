/// A rule for one reverse step from a noisier to a cleaner sample: options only, no state.
public protocol Sampler: Sendable {
  /// The step from x_t to x_s.
  ///
  /// - Parameters:
  ///   - t: The noise step of the sample that there is, in 1…T.
  ///   - s: An earlier one, in 0 ..< t; 0 is clean data, and the step to it adds no noise.
  ///   - schedule: The noise schedule.
  ///   - prediction: What the network predicts.
  /// - Returns: The step's coefficients.
  func coefficients(
    from t: Int, to s: Int, in schedule: NoiseSchedule, prediction: PredictionType
  ) -> StepCoefficients
}
