public import Naming

/// Sampling along the predicted noise, deterministic for η = 0.
///
/// x_s = a_s·x̂_0 + √(b_s² − σ²)·ε̂ + σ·z with σ² = η²·b_s²·v/b_t², v the noise that the way from s
/// up to t adds. With η = 0 this is Euler's method on the velocity of `flow`, and on the
/// probability-flow equation of `ve` and `karras`.
///
/// Source: Song, Meng, Ermon 2021, equations 12 and 16.
public struct DDIMSampler: OneStepSampler, Hashable {
  /// The variance of the added noise.
  public enum Variance: String, NamedChoice {
    /// σ², as above.
    case scaled
    /// σ̂² = v in place of σ² in the noise term alone; the paper's σ̂, which belongs to η = 1.
    ///
    /// With a smaller η more noise is added than is taken away: samples are up to three times as
    /// wide as they should be.
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
  public func step(from t: Int, to s: Int, in process: NoiseProcess) -> LinearStep {
    let variance = eta * eta * process.posteriorVariance(from: t, to: s)
    let added =
      switch self.variance {
      case .scaled: variance
      case .simple: process.addedVariance(from: s, to: t)
      }
    let level = process.level(s)
    // Rounding may leave a tiny negative rest where η = 1.
    let direction = max(level.noise * level.noise - variance, 0).squareRoot()
    return LinearStep(
      from: t, to: s, clean: level.signal, epsilon: direction,
      noise: s == 0 ? 0 : added.squareRoot())
  }
}
