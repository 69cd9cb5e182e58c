import Foundation

/// The decay of a moving average of weights that warms up: d = min(1 − step^−power, largest).
///
/// Steps count from 1: the first makes the average equal to the weights. Early on the average
/// follows them, later it smooths over thousands of steps. The form is that of Stanford's diffusion
/// policy (power 0.75, largest 0.9999).
public struct MovingAverage: Codable, Sendable, Hashable {
  /// The power of the warm-up; 0 keeps no average (it equals the weights).
  public var power: Float
  /// The largest decay, in [0, 1).
  public var largest: Float

  /// Creates a rule.
  public init(power: Float = 0.75, largest: Float = 0.9999) {
    self.power = power
    self.largest = largest
  }

  /// The decay at step number `step` (the first is 1).
  public func decay(step: Int) -> Float {
    let warm = 1 - pow(1 + Double(max(step - 1, 0)), -Double(power))
    return Float(min(max(warm, 0), Double(largest)))
  }
}
