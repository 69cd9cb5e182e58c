public import Naming

/// Sampling along the predicted noise, deterministic for η = 0.
///
/// x_s = √ᾱ_s·x̂_0 + √(1−ᾱ_s−σ²)·ε̂ + σ·z with σ² = η²·(1−ᾱ_s)/(1−ᾱ_t)·(1−ᾱ_t/ᾱ_s).
/// Source: Song, Meng, Ermon 2021, equations 12 and 16.
public struct DDIMSampler: Sampler, Hashable {
  /// The variance of the added noise.
  public enum Variance: String, NamedChoice {
    /// σ², as above.
    case scaled
    /// σ̂² = 1−ᾱ_t/ᾱ_s in place of σ² in the noise term alone; the paper's σ̂ with η = 1.
    case simple

    /// What is chosen, for messages.
    public static var kindOfChoice: String { "variance" }
  }

  /// η in [0, 1]: 0 is deterministic, 1 over all steps is ancestral sampling.
  public var eta: Double
  /// The variance of the added noise.
  public var variance: Variance
  /// The largest magnitude of the predicted clean sample, or nil for no clipping.
  public var clip: Double?

  /// Creates a sampler.
  public init(eta: Double = 0, variance: Variance = .scaled, clip: Double? = nil) {
    self.eta = eta
    self.variance = variance
    self.clip = clip
  }

  /// The step from x_t to x_s.
  public func coefficients(
    from t: Int, to s: Int, in schedule: NoiseSchedule, prediction: PredictionType
  ) -> StepCoefficients {
    let variance = eta * eta * schedule.posteriorVariance(from: t, to: s)
    let added =
      switch self.variance {
      case .scaled: variance
      case .simple: schedule.beta(from: s, to: t)
      }
    let level = schedule.level(s)
    // Rounding may leave a tiny negative rest where η = 1.
    let direction = max(level.noise * level.noise - variance, 0).squareRoot()
    return StepCoefficients(
      mean: LinearCombination(level.signal, 0), direction: direction,
      noise: s == 0 ? 0 : added.squareRoot(), level: schedule.level(t), type: prediction,
      clip: clip)
  }
}
