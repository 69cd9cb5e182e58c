/// The shares of signal and noise in x_t = signal·x_0 + noise·ε, with signal² + noise² = 1.
///
/// This one type converts between everything that a network may predict; training targets, loss
/// weights and samplers all go through it.
public struct NoiseLevel: Sendable, Hashable {
  /// √ᾱ_t.
  public let signal: Double
  /// √(1−ᾱ_t).
  public let noise: Double

  /// The level at which a share ᾱ of the variance is signal; ᾱ in (0, 1].
  public init(alphaBar: Double) {
    signal = alphaBar.squareRoot()
    noise = (1 - alphaBar).squareRoot()
  }

  /// The forward process: x_t as weights of (x_0, ε).
  public var noisy: LinearCombination { LinearCombination(signal, noise) }

  /// What a network should predict, as weights of (x_0, ε): the target of training.
  public func target(_ type: PredictionType) -> LinearCombination {
    switch type {
    case .epsilon: LinearCombination(0, 1)
    case .sample: LinearCombination(1, 0)
    case .velocity: LinearCombination(-noise, signal)
    case .score: LinearCombination(0, -1 / noise)
    }
  }

  /// One quantity computed from another, as weights of (x_t, the predicted quantity).
  ///
  /// x_t and the prediction are both combinations of x_0 and ε; solving these two equations for x_0
  /// and ε and inserting them into the wanted quantity gives the weights. Defined for t ≥ 1 only:
  /// clean data holds no trace of ε.
  ///
  /// - Parameters:
  ///   - source: What was predicted.
  ///   - wanted: What it is to be turned into.
  /// - Returns: The weights of x_t and of the prediction.
  public func conversion(
    from source: PredictionType, to wanted: PredictionType
  ) -> LinearCombination {
    let given = target(source)
    let result = target(wanted)
    let determinant = signal * given.second - noise * given.first
    return LinearCombination(
      (result.first * given.second - result.second * given.first) / determinant,
      (result.second * signal - result.first * noise) / determinant)
  }
}
