import Foundation

/// One line of `metrics.jsonl`: what training did since the line before.
public struct TrainingMetrics: Codable, Sendable, Hashable {
  /// The number of steps taken.
  public var step: Int
  /// The mean loss since the last line.
  public var loss: Double
  /// The mean norm of the gradient before clipping.
  public var gradientNorm: Double
  /// The learning rate of the last step.
  public var learningRate: Float
  /// The loss of held-out windows under the averaged weights; nil where none was computed.
  public var validationLoss: Double?
  /// What the method watches besides, by name; nil where it watches nothing.
  public var figures: [String: Double]?

  /// Creates a line.
  public init(
    step: Int, loss: Double, gradientNorm: Double, learningRate: Float,
    validationLoss: Double? = nil, figures: [String: Double]? = nil
  ) {
    self.figures = figures
    self.step = step
    self.loss = loss
    self.gradientNorm = gradientNorm
    self.learningRate = learningRate
    self.validationLoss = validationLoss
  }
}
