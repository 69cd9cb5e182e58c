public import Naming

/// How much the squared error at each noise step counts in the training loss.
///
/// The loss of a sample is weight(t) · mean squared error of what the network predicts. Weights are
/// defined for the error of x̂_0 and turned into those of a prediction by the square of its
/// conversion, so that a choice means the same for every process and whatever the network predicts.
public struct LossWeighting: Codable, Sendable, Hashable {
  /// The rules.
  public enum Kind: String, NamedChoice {
    /// Every step counts the same (Ho et al. 2020, equation 14).
    ///
    /// For the score, whose size grows without bound as the noise vanishes, every step counts the
    /// same after multiplication by its noise level (Song and Ermon 2019: λ(σ) = σ²).
    case simple
    /// The evidence lower bound's term of noise step t, in nats a value: (a_s·v/b_t²)²/(2·small)
    /// for x̂_0, with the variance of t = 2 in place of that of t = 1, which is 0 (Ho et al. 2020,
    /// equation 12: β_t²/(2β̃_t·α_t·(1−ᾱ_t)) for ε). The bound is T times the mean of these.
    case elbo
    /// Simple plus ``LossWeighting/elboShare`` times the lower bound's term (Nichol and Dhariwal
    /// 2021, who count it T/1000 times, in bits).
    case hybrid
    /// The signal-to-noise ratio, cut off at ``LossWeighting/gamma``, for x_0 (Hang et al. 2023).
    case minSNR = "min-snr"
    /// The signal-to-noise ratio, but at least 1, for x_0: what distillation needs, whose first
    /// step starts from pure noise (Salimans and Ho 2022, section 4).
    case truncatedSNR = "truncated-snr"

    /// What is chosen, for messages.
    public static var kindOfChoice: String { "loss weighting" }
  }

  /// The rule.
  public var kind: Kind
  /// λ, the share of the lower bound in the hybrid rule: of one noise step's term, without T.
  public var elboShare: Double
  /// γ, the cut-off of the min-SNR rule.
  public var gamma: Double

  /// Creates a weighting.
  public init(_ kind: Kind = .simple, elboShare: Double = 1e-3, gamma: Double = 5) {
    self.kind = kind
    self.elboShare = elboShare
    self.gamma = gamma
  }

  /// The weight of the squared error at noise step t, for t in 1…T.
  ///
  /// - Parameters:
  ///   - t: The noise step.
  ///   - process: The forward process.
  ///   - prediction: What the network predicts and the squared error is of.
  /// - Returns: The weight, not negative.
  public func weight(
    at t: Int, in process: NoiseProcess, for prediction: PredictionType
  ) -> Double {
    let level = process.level(t)
    // How far x̂_0 is off where the prediction is off by 1.
    let share = process.conversion(from: prediction, to: .sample, at: t).second
    let simple = prediction == .score ? level.noise * level.noise : 1
    switch kind {
    case .simple: return simple
    case .elbo: return elboWeight(at: t, in: process) * share * share
    case .hybrid: return simple + elboShare * elboWeight(at: t, in: process) * share * share
    case .minSNR: return min(level.signalToNoise, gamma) * share * share
    case .truncatedSNR: return max(level.signalToNoise, 1) * share * share
    }
  }

  /// The weight of the squared error of x̂_0 in the lower bound.
  private func elboWeight(at t: Int, in process: NoiseProcess) -> Double {
    let share = process.posteriorMean(from: t, to: t - 1).first
    return share * share / (2 * VarianceRange(from: t, to: t - 1, in: process).small)
  }

  /// The weight at noise step t of a variance-preserving process.
  @available(*, deprecated, message: "Use weight(at:in:for:) with NoiseProcess(schedule)")
  public func weight(
    at t: Int, in schedule: NoiseSchedule, for prediction: PredictionType
  ) -> Double {
    weight(at: t, in: NoiseProcess(schedule), for: prediction)
  }
}
