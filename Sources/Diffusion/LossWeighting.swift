public import Naming

/// How much the squared error at each noise step counts in the training loss.
///
/// The loss of a sample is weight(t) · mean squared error of what the network predicts. Weights that
/// are defined for ε are turned into those of another prediction by the square of its conversion, so
/// that a choice means the same whatever the network predicts.
public struct LossWeighting: Codable, Sendable, Hashable {
  /// The rules.
  public enum Kind: String, NamedChoice {
    /// Every step counts the same (Ho et al. 2020, equation 14).
    ///
    /// For the score, whose size grows without bound as the noise vanishes, every step counts the
    /// same after multiplication by its noise level (Song and Ermon 2019: λ(σ) = σ²).
    case simple
    /// The evidence lower bound: β_t²/(2β̃_t·α_t·(1−ᾱ_t)) for ε, with β̃₂ in place of β̃₁ = 0 (Ho et
    /// al. 2020, equation 12).
    case elbo
    /// Simple plus ``LossWeighting/elboShare`` times the lower bound (Nichol and Dhariwal 2021).
    case hybrid
    /// The signal-to-noise ratio, cut off at ``LossWeighting/gamma``, for x_0 (Hang et al. 2023).
    case minSNR = "min-snr"

    /// What is chosen, for messages.
    public static var kindOfChoice: String { "loss weighting" }
  }

  /// The rule.
  public var kind: Kind
  /// λ, the share of the lower bound in the hybrid rule.
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
  ///   - schedule: The noise schedule.
  ///   - prediction: What the network predicts and the squared error is of.
  /// - Returns: The weight, not negative.
  public func weight(
    at t: Int, in schedule: NoiseSchedule, for prediction: PredictionType
  ) -> Double {
    let level = schedule.level(t)
    switch kind {
    case .simple:
      return simpleWeight(level, prediction)
    case .elbo:
      return elboWeight(at: t, in: schedule, for: prediction)
    case .hybrid:
      return simpleWeight(level, prediction)
        + elboShare * elboWeight(at: t, in: schedule, for: prediction)
    case .minSNR:
      let share = level.conversion(from: prediction, to: .sample).second
      return min(schedule.signalToNoise(t), gamma) * share * share
    }
  }

  private func simpleWeight(_ level: NoiseLevel, _ prediction: PredictionType) -> Double {
    prediction == .score ? level.noise * level.noise : 1
  }

  private func elboWeight(
    at t: Int, in schedule: NoiseSchedule, for prediction: PredictionType
  ) -> Double {
    let beta = schedule.beta(t)
    // A schedule of a single step has no β̃₂; its only β takes the place.
    let reference = max(t, 2)
    let variance =
      schedule.steps == 1
      ? beta : schedule.posteriorVariance(from: reference, to: reference - 1)
    let weight =
      beta * beta / (2 * variance * schedule.alpha(t) * (1 - schedule.alphaBar(t)))
    let share = schedule.level(t).conversion(from: prediction, to: .epsilon).second
    return weight * share * share
  }
}
