public import Naming

/// Ancestral sampling, for adjacent noise steps or with gaps between them.
///
/// Source: Ho, Jain, Abbeel 2020, algorithm 2.
public struct DDPMSampler: Sampler, Hashable {
  /// The variance of the added noise.
  public enum Variance: String, NamedChoice {
    /// β̃, the posterior's: right for data at a single point.
    case small
    /// β, the forward step's: right for normally distributed data.
    case large

    /// What is chosen, for messages.
    public static var kindOfChoice: String { "variance" }
  }

  /// The variance of the added noise.
  public var variance: Variance
  /// The largest magnitude of the predicted clean sample, or nil for no clipping.
  public var clip: Double?

  /// Creates a sampler.
  public init(variance: Variance = .small, clip: Double? = nil) {
    self.variance = variance
    self.clip = clip
  }

  /// The step from x_t to x_s: the posterior's mean for the predicted x̂_0, and noise.
  public func coefficients(
    from t: Int, to s: Int, in schedule: NoiseSchedule, prediction: PredictionType
  ) -> StepCoefficients {
    let squared =
      switch variance {
      case .small: schedule.posteriorVariance(from: t, to: s)
      case .large: schedule.beta(from: s, to: t)
      }
    return StepCoefficients(
      mean: schedule.posteriorMean(from: t, to: s), direction: 0,
      noise: s == 0 ? 0 : squared.squareRoot(), level: schedule.level(t), type: prediction,
      clip: clip)
  }
}
