public import Naming

/// A forward process as a list of noise levels: x_t = a_t·x_0 + b_t·ε for t = 1 … T, with
/// (a_0, b_0) = (1, 0) clean data.
///
/// Everything else follows from the levels, so training, samplers and bounds are the same for every
/// process. Between two levels s < t, with α = a_t/a_s, the way up adds noise of variance
/// v = b_t² − α²·b_s².
public struct NoiseProcess: Sendable, Hashable {
  /// The families of processes.
  public enum Kind: String, NamedChoice {
    /// Variance preserving: a² + b² = 1, from a ``NoiseSchedule`` (Ho et al. 2020).
    case vp
    /// Variance exploding: a = 1, b geometric (Song and Ermon 2019, 2021).
    case ve
    /// a = 1, b^(1/ρ) evenly spaced, denser where there is little noise (Karras et al. 2022, eq.
    /// 5).
    case karras
    /// Straight from data to noise: a = 1 − s, b = s (Liu et al. 2023; Lipman et al. 2023).
    case flow

    /// What is chosen, for messages.
    public static var kindOfChoice: String { "process" }

    /// What a network predicts unless it is told otherwise.
    public var defaultPrediction: PredictionType {
      switch self {
      case .vp, .ve: .epsilon
      case .karras: .preconditioned
      case .flow: .flowVelocity
      }
    }
  }

  /// The family.
  public let kind: Kind
  /// The levels at index t; T + 1 of them, of which the first is clean.
  public let levels: [NoiseLevel]
  /// σ_d, the standard deviation of the data, for input scales and preconditioning.
  public var dataDeviation: Double

  /// Takes levels as they are.
  init(_ kind: Kind, levels: [NoiseLevel], dataDeviation: Double) {
    self.kind = kind
    self.levels = levels
    self.dataDeviation = dataDeviation
  }

  /// The variance-preserving process of a schedule.
  public init(_ schedule: NoiseSchedule, dataDeviation: Double = NoiseLevel.uniformDeviation) {
    self.init(
      .vp, levels: schedule.alphaBars.map { NoiseLevel(alphaBar: $0) },
      dataDeviation: dataDeviation)
  }

  /// T, the number of noise steps.
  public var steps: Int { levels.count - 1 }

  /// The shares of signal and noise in x_t, for t in 0…T.
  public func level(_ t: Int) -> NoiseLevel { levels[t] }

  /// What x_t is multiplied by before the network sees it, for t in 1…T: 1 for `vp`, else c_in.
  public func inputScale(_ t: Int) -> Double {
    kind == .vp ? 1 : levels[t].unitScale(dataDeviation: dataDeviation)
  }

  /// The standard deviation of the noise that sampling starts from at noise step t.
  ///
  /// 1 for `vp`, even where a schedule ends just short of pure noise; b_t for the others.
  public func startDeviation(_ t: Int) -> Double { kind == .vp ? 1 : levels[t].noise }

  /// v = b_t² − α²·b_s²: the noise that the way from s up to t adds, for 0 ≤ s < t ≤ T.
  public func addedVariance(from s: Int, to t: Int) -> Double {
    let ratio = levels[t].signalPower / levels[s].signalPower
    // With b² = 1 − a² the same is 1 − α², which cancels no digits where there is little noise.
    return kind == .vp ? 1 - ratio : levels[t].noisePower - ratio * levels[s].noisePower
  }

  /// The variance of x_s given x_t and x_0: b_s²·v/b_t², for 0 ≤ s < t ≤ T; 0 for s = 0.
  ///
  /// For `vp` and s = t − 1 this is β̃_t (Ho et al. 2020, equation 7).
  public func posteriorVariance(from t: Int, to s: Int) -> Double {
    levels[s].noisePower / levels[t].noisePower * addedVariance(from: s, to: t)
  }

  /// The mean of x_s given x_0 and x_t, as weights (of x_0, of x_t), for 0 ≤ s < t ≤ T.
  ///
  /// (a_s·v/b_t²)·x_0 + (α·b_s²/b_t²)·x_t (Ho et al. 2020, equation 7, for `vp`).
  public func posteriorMean(from t: Int, to s: Int) -> LinearCombination {
    let scale = 1 / levels[t].noisePower
    let ratio = levels[t].signalPower / levels[s].signalPower
    return LinearCombination(
      levels[s].signal * addedVariance(from: s, to: t) * scale,
      ratio.squareRoot() * levels[s].noisePower * scale)
  }

  /// What a network should predict at noise step t, as weights of (x_0, ε).
  public func target(_ type: PredictionType, at t: Int) -> LinearCombination {
    levels[t].target(type, dataDeviation: dataDeviation)
  }

  /// One quantity computed from another at noise step t, as weights of (x_t, the predicted
  /// quantity).
  public func conversion(
    from source: PredictionType, to wanted: PredictionType, at t: Int
  ) -> LinearCombination {
    levels[t].conversion(from: source, to: wanted, dataDeviation: dataDeviation)
  }

  /// Checks that a prediction determines x_0 at every noise step.
  ///
  /// - Throws: ``DiffusionError/mismatch(kind:name:other:fitting:)`` for ε or the score where no
  ///   signal is left at t = T.
  public func check(_ prediction: PredictionType) throws(DiffusionError) {
    guard let last = levels.last, last.signal == 0 else { return }
    let fitting = PredictionType.allCases.filter { $0 != .epsilon && $0 != .score }
    guard fitting.contains(prediction) else {
      throw .mismatch(
        kind: PredictionType.kindOfChoice, name: prediction.rawValue,
        other: "process '\(kind.rawValue)'", fitting: fitting.map(\.rawValue))
    }
  }
}
