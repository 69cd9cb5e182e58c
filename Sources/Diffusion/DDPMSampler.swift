public import Naming

/// Ancestral sampling, for adjacent noise steps or with gaps between them.
///
/// Source: Ho, Jain, Abbeel 2020, algorithm 2.
public struct DDPMSampler: OneStepSampler, Hashable {
  /// The variance of the added noise.
  public enum Variance: String, NamedChoice {
    /// β̃, the posterior's: right for data at a single point.
    case small
    /// β, the forward step's: right for normally distributed data.
    case large
    /// What the network says, between the two; needs a policy trained with learned variance
    /// (Nichol and Dhariwal 2021).
    case learned

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
  public func step(from t: Int, to s: Int, in process: NoiseProcess) -> LinearStep {
    let range = s == 0 ? nil : VarianceRange(from: t, to: s, in: process)
    let squared =
      switch variance {
      case .small: range?.small ?? 0
      case .large, .learned: range?.large ?? 0
      }
    let mean = process.posteriorMean(from: t, to: s)
    return LinearStep(
      from: t, to: s, state: mean.second, clean: mean.first, noise: squared.squareRoot(),
      variances: variance == .learned ? range : nil)
  }
}
