/// The shares of signal and noise in x_t = signal·x_0 + noise·ε.
///
/// Variance-preserving processes have signal² + noise² = 1; others need not. This one type converts
/// between everything that a network may predict; training targets, loss weights and samplers all
/// go through it.
public struct NoiseLevel: Sendable, Hashable {
  /// a_t; √ᾱ_t in a variance-preserving process.
  public let signal: Double
  /// b_t; √(1−ᾱ_t) in a variance-preserving process.
  public let noise: Double
  /// a_t², kept beside its root so that nothing is lost by squaring it again.
  public let signalPower: Double
  /// b_t².
  public let noisePower: Double

  /// The level of any two shares, neither negative.
  public init(signal: Double, noise: Double) {
    self.signal = signal
    self.noise = noise
    signalPower = signal * signal
    noisePower = noise * noise
  }

  /// The level at which a share ᾱ of the variance is signal; ᾱ in (0, 1].
  public init(alphaBar: Double) {
    signal = alphaBar.squareRoot()
    noise = (1 - alphaBar).squareRoot()
    signalPower = alphaBar
    noisePower = 1 - alphaBar
  }

  /// x_0 without noise.
  public static let clean = NoiseLevel(alphaBar: 1)

  /// σ_d of values that are uniform on [−1, 1], which is what is assumed of normalised actions
  /// where nothing was measured: 1/√3.
  public static let uniformDeviation = (1.0 / 3).squareRoot()

  /// The forward process: x_t as weights of (x_0, ε).
  public var noisy: LinearCombination { LinearCombination(signal, noise) }

  /// a²/b², the signal-to-noise ratio; infinite for clean data.
  public var signalToNoise: Double { signalPower / noisePower }

  /// The factor that gives x_t unit variance: c_in = 1/√(a²σ_d² + b²).
  ///
  /// Source: Karras et al. 2022, table 1, for a = 1.
  ///
  /// - Parameter dataDeviation: σ_d, the standard deviation of x_0.
  /// - Returns: c_in.
  public func unitScale(dataDeviation: Double) -> Double {
    1 / (signalPower * dataDeviation * dataDeviation + noisePower).squareRoot()
  }

  /// What a network should predict, as weights of (x_0, ε): the target of training.
  ///
  /// - Parameters:
  ///   - type: What is predicted.
  ///   - dataDeviation: σ_d, which only ``PredictionType/preconditioned`` depends on.
  /// - Returns: The weights.
  public func target(
    _ type: PredictionType, dataDeviation: Double = uniformDeviation
  ) -> LinearCombination {
    switch type {
    case .epsilon: return LinearCombination(0, 1)
    case .sample: return LinearCombination(1, 0)
    case .velocity: return LinearCombination(-noise, signal)
    case .flowVelocity: return LinearCombination(-1, 1)
    case .score: return LinearCombination(0, -1 / noise)
    case .preconditioned:
      // F = (x_0 − c_skip·x_t)/c_out.
      let scale = unitScale(dataDeviation: dataDeviation)
      let skip = signal * dataDeviation * dataDeviation * scale * scale
      let out = noise * dataDeviation * scale
      return LinearCombination((1 - skip * signal) / out, -skip * noise / out)
    }
  }

  /// One quantity computed from another, as weights of (x_t, the predicted quantity).
  ///
  /// x_t and the prediction are both combinations of x_0 and ε; solving these two equations for x_0
  /// and ε and inserting them into the wanted quantity gives the weights. Defined for t ≥ 1 only:
  /// clean data holds no trace of ε; and where a = 0 not for predictions of ε or the score
  /// (``NoiseProcess/check(_:)``).
  ///
  /// - Parameters:
  ///   - source: What was predicted.
  ///   - wanted: What it is to be turned into.
  ///   - dataDeviation: σ_d, for ``PredictionType/preconditioned``.
  /// - Returns: The weights of x_t and of the prediction.
  public func conversion(
    from source: PredictionType, to wanted: PredictionType,
    dataDeviation: Double = uniformDeviation
  ) -> LinearCombination {
    let given = target(source, dataDeviation: dataDeviation)
    let result = target(wanted, dataDeviation: dataDeviation)
    let determinant = signal * given.second - noise * given.first
    return LinearCombination(
      (result.first * given.second - result.second * given.first) / determinant,
      (result.second * signal - result.first * noise) / determinant)
  }
}
