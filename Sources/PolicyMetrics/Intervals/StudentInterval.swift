import Foundation

/// Where the mean of a quantity may lie, given a few independent values of it: Student's t
/// interval.
///
/// In a benchmark the values are those of trainings that differ in their seed alone: episodes of
/// one policy are not independent trainings, and say nothing about the next one.
///
/// Source: Student, "The probable error of a mean", Biometrika 6, 1908.
public struct StudentInterval: Codable, Sendable, Hashable {
  /// The lower and the upper end, in the values' unit.
  public let low, high: Double

  /// Computes the interval, mean ± t s/√n with n − 1 degrees of freedom.
  ///
  /// - Parameters:
  ///   - values: The values, at least two.
  ///   - confidence: How often such intervals hold the true mean, above 0 and below 1.
  /// - Throws: ``MetricError`` for fewer than two values, or one that is not finite.
  public init(of values: [Double], confidence: Double = 0.95) throws(MetricError) {
    guard values.count >= 2 else {
      throw .outOfRange(what: "number of values", value: values.count, low: 2, high: .max)
    }
    if let index = values.firstIndex(where: { !$0.isFinite }) {
      throw .badValue(what: "set of values", index: index, value: values[index])
    }
    guard confidence > 0, confidence < 1 else {
      throw .badValue(what: "confidence of an interval", index: 0, value: confidence)
    }
    let count = Double(values.count)
    let mean = values.reduce(0, +) / count
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    let error = (squares / (count - 1) / count).squareRoot()
    let half = Self.quantile(confidence, degreesOfFreedom: values.count - 1) * error
    low = mean - half
    high = mean + half
  }

  /// The t for which a variable of Student's distribution lies in −t…t with a probability.
  ///
  /// - Parameters:
  ///   - probability: Above 0 and below 1.
  ///   - degreesOfFreedom: At least 1.
  /// - Returns: The quantile.
  package static func quantile(_ probability: Double, degreesOfFreedom: Int) -> Double {
    var (low, high) = (0.0, 1.0)
    while central(high, degreesOfFreedom) < probability, high < 1e15 { high *= 2 }
    while true {
      let middle = (low + high) / 2
      guard middle > low, middle < high else { return middle }
      if central(middle, degreesOfFreedom) < probability { low = middle } else { high = middle }
    }
  }

  /// P(−t ≤ T ≤ t), as a finite sum.
  ///
  /// Source: Abramowitz and Stegun, "Handbook of mathematical functions", 26.7.3 and 26.7.4.
  private static func central(_ t: Double, _ degreesOfFreedom: Int) -> Double {
    let angle = atan(t / Double(degreesOfFreedom).squareRoot())
    let square = cos(angle) * cos(angle)
    let isOdd = degreesOfFreedom % 2 == 1
    // cos θ + 2/3 cos³ θ + … for odd numbers, 1 + 1/2 cos² θ + … for even ones.
    var term = isOdd ? cos(angle) : 1
    var sum = degreesOfFreedom == 1 ? 0 : term
    for k in stride(from: isOdd ? 3 : 2, to: degreesOfFreedom, by: 2) {
      term *= square * Double(k - 1) / Double(k)
      sum += term
    }
    return isOdd ? 2 / .pi * (angle + sin(angle) * sum) : sin(angle) * sum
  }
}
