/// Where a success rate may lie, given how many of how many trials succeeded.
///
/// Source: Wilson, "Probable inference, the law of succession, and statistical inference", 1927.
public struct WilsonInterval: Codable, Sendable, Hashable {
  /// The lower and the upper end, in 0…1.
  public let low, high: Double

  /// Computes the interval.
  ///
  /// - Parameters:
  ///   - successes: How many trials succeeded.
  ///   - trials: How many there were; at least one.
  ///   - deviations: The half-width in standard deviations of a normal variable; 1.96 for 95 %.
  /// - Throws: ``MetricError`` for no trials, or more successes than trials.
  public init(
    successes: Int, trials: Int, deviations: Double = 1.959963984540054
  ) throws(MetricError) {
    guard trials >= 1 else { throw .empty(what: "set of trials") }
    guard (0...trials).contains(successes) else {
      throw .outOfRange(what: "number of successes", value: successes, low: 0, high: trials)
    }
    let n = Double(trials)
    let rate = Double(successes) / n
    let square = deviations * deviations
    let centre = rate + square / (2 * n)
    let spread = deviations * (rate * (1 - rate) / n + square / (4 * n * n)).squareRoot()
    low = successes == 0 ? 0 : (centre - spread) / (1 + square / n)
    high = successes == trials ? 1 : (centre + spread) / (1 + square / n)
  }
}
