public import Naming

/// What a network predicts about a noisy x_t = a_t·x_0 + b_t·ε.
///
/// Each is a pair of weights of x_0 and ε and determines the others: see
/// ``NoiseLevel/conversion(from:to:dataDeviation:)``.
public enum PredictionType: String, NamedChoice {
  /// The noise ε (Ho et al. 2020).
  case epsilon
  /// The clean sample x_0.
  case sample
  /// The velocity v = a_t·ε − b_t·x_0 (Salimans and Ho 2022).
  case velocity
  /// The velocity of a flow, ε − x_0 (Liu et al. 2023; Lipman et al. 2023).
  case flowVelocity = "flow-velocity"
  /// The score ∇ log q(x_t | x_0) = −ε/b_t (Song and Ermon 2019).
  case score
  /// F in x̂_0 = c_skip·x_t + c_out·F, with c_skip = a·σ_d²/(a²σ_d² + b²) and
  /// c_out = b·σ_d/√(a²σ_d² + b²): a target of unit variance at every noise level, whose errors
  /// hardly show where b is small (Karras et al. 2022, table 1; for a = 1 theirs).
  case preconditioned

  /// What is chosen, for messages.
  public static var kindOfChoice: String { "prediction" }
}
