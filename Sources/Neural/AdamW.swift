internal import CKernels

/// AdamW with gradient clipping by norm and a moving average of the weights.
///
/// m ← β₁m + (1−β₁)g, v ← β₂v + (1−β₂)g², θ ← (1−ηλ)θ − η m̂ / (√v̂ + ε); then the average
/// θ̄ ← dθ̄ + (1−d)θ. The learning rate η is given with each step; with λ = 0 this is Adam.
///
/// Source: Loshchilov & Hutter, "Decoupled weight decay regularization", ICLR 2019.
public struct AdamW: Codable, Sendable, Hashable {
  /// Decay of the gradient's average, in [0, 1).
  public var beta1: Float
  /// Decay of the squared gradient's average, in [0, 1).
  public var beta2: Float
  /// Added to the denominator.
  public var epsilon: Float
  /// Decoupled weight decay λ; 0 for none.
  public var weightDecay: Float
  /// The largest norm of the whole gradient, to which a larger one is scaled down; 0 for no limit.
  public var largestGradientNorm: Float
  /// How weights are averaged.
  public var average: MovingAverage

  /// Creates an optimiser.
  public init(
    beta1: Float = 0.9, beta2: Float = 0.999, epsilon: Float = 1e-8, weightDecay: Float = 0,
    largestGradientNorm: Float = 0, average: MovingAverage = MovingAverage()
  ) {
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.weightDecay = weightDecay
    self.largestGradientNorm = largestGradientNorm
    self.average = average
  }

  /// What the kernel needs for step number `step` (the first is 1).
  func options(step: Int, learningRate: Float, gradientNorm: Double) -> CKernels_adamw_options {
    var scale: Float = 1
    if largestGradientNorm > 0, gradientNorm > Double(largestGradientNorm) {
      scale = largestGradientNorm / (Float(gradientNorm) + 1e-6)  // PyTorch's clip_grad_norm_
    }
    return CKernels_adamw_options(
      learning_rate: learningRate, beta1: beta1, beta2: beta2,
      correction1: oneMinusPower(beta1, step), correction2: oneMinusPower(beta2, step),
      epsilon: epsilon, weight_decay: weightDecay, gradient_scale: scale,
      average_decay: average.decay(step: step))
  }
}

/// 1 − base^exponent by repeated squaring, in double precision.
private func oneMinusPower(_ base: Float, _ exponent: Int) -> Float {
  var result = 1.0
  var factor = Double(base)
  var remaining = exponent
  while remaining > 0 {
    if remaining % 2 == 1 { result *= factor }
    factor *= factor
    remaining /= 2
  }
  return Float(1 - result)
}
