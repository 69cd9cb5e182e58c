public import Naming

/// What a network predicts about a noisy x_t = √ᾱ_t·x_0 + √(1−ᾱ_t)·ε.
///
/// Each determines the others: see ``NoiseLevel/conversion(from:to:)``.
public enum PredictionType: String, NamedChoice {
  /// The noise ε (Ho et al. 2020).
  case epsilon
  /// The clean sample x_0.
  case sample
  /// The velocity v = √ᾱ_t·ε − √(1−ᾱ_t)·x_0 (Salimans and Ho 2022).
  case velocity
  /// The score ∇ log q(x_t | x_0) = −ε/√(1−ᾱ_t) (Song and Ermon 2019).
  case score

  /// What is chosen, for messages.
  public static var kindOfChoice: String { "prediction" }
}
