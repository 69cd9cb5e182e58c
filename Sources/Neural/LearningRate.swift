import Foundation

/// The learning rate as a function of the step: linear warm-up, then half a cosine down.
public struct LearningRate: Codable, Sendable, Hashable {
  /// The rate after the warm-up.
  public var peak: Float
  /// Steps of linear warm-up.
  public var warmupSteps: Int
  /// The rate at the end, as a fraction of the peak.
  public var finalFraction: Float

  /// Creates a rule.
  public init(peak: Float = 1e-3, warmupSteps: Int = 100, finalFraction: Float = 0) {
    self.peak = peak
    self.warmupSteps = warmupSteps
    self.finalFraction = finalFraction
  }

  /// The rate at step number `step` (the first is 1) of `total`.
  public func value(step: Int, of total: Int) -> Float {
    if step < warmupSteps { return peak * Float(step) / Float(warmupSteps) }
    let progress = Double(step - warmupSteps) / Double(max(total - warmupSteps, 1))
    let cosine = 0.5 * (1 + cos(Double.pi * min(max(progress, 0), 1)))
    return peak * (finalFraction + (1 - finalFraction) * Float(cosine))
  }
}
