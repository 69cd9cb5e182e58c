public import Diffusion

/// Classifier-free guidance: exaggerates what the observation adds to a prediction.
///
/// p̃ = (1+w)·p(x_t, t, observation) − w·p(x_t, t, nothing) (Ho and Salimans 2021, equation 6). The
/// weights sum to one, so the rule is the same for every ``/Diffusion/PredictionType``.
public struct Guidance: Codable, Sendable, Hashable {
  /// w; 0 leaves the conditional prediction as it is.
  public var weight: Double

  /// Creates guidance of a weight.
  public init(weight: Double) {
    self.weight = weight
  }

  /// The guided prediction, as weights of (the conditional, the unconditional prediction).
  public var combination: LinearCombination { LinearCombination(1 + weight, -weight) }
}
