import PolicyMetrics
import TestSupport
import Testing

@Suite struct IntervalTests {
  @Test func `Wilson's interval has its textbook values`() throws {
    // Newcombe 1998, Table I: 81/263 at 95 % gives 0.2553 to 0.3662; 0/20 gives 0 to 0.1611.
    let some = try WilsonInterval(successes: 81, trials: 263)
    #expect(abs(some.low - 0.2553) < 5e-5 && abs(some.high - 0.3662) < 5e-5)
    let none = try WilsonInterval(successes: 0, trials: 20)
    #expect(none.low == 0 && abs(none.high - 0.1611) < 5e-5)
    #expect(throws: MetricError.self) { try WilsonInterval(successes: 3, trials: 2) }
  }

  @Test(arguments: [
    // Fisher and Yates, "Statistical tables", table III, two-sided.
    (0.95, 1, 12.706), (0.95, 2, 4.303), (0.95, 3, 3.182), (0.95, 4, 2.776), (0.95, 9, 2.262),
    (0.95, 30, 2.042), (0.99, 1, 63.657), (0.99, 5, 4.032), (0.9, 10, 1.812), (0.5, 2, 0.816),
  ])
  func `Student's quantiles are those of the tables`(
    probability: Double, degreesOfFreedom: Int, quantile: Double
  ) {
    let found = StudentInterval.quantile(probability, degreesOfFreedom: degreesOfFreedom)
    #expect(abs(found - quantile) < 6e-4, "\(found)")
  }

  @Test func `Student's interval is the mean and t standard errors on both sides`() throws {
    // The mean 3, s = √7, standard error √(7/3), t = 4.302653 for two degrees of freedom.
    let interval = try StudentInterval(of: [1, 2, 6])
    let half = 4.302652729911275 * (7.0 / 3).squareRoot()
    expectClose([interval.low, interval.high], [3 - half, 3 + half], relative: 1e-9)
    let same = try StudentInterval(of: [0.5, 0.5, 0.5])
    #expect(same.low == 0.5 && same.high == 0.5)
  }

  @Test func `one training has no interval, and what is not finite is named`() {
    let one = #expect(throws: MetricError.self) { try StudentInterval(of: [1]) }
    #expect(one?.description == "number of values is 1, but must be at least 2")
    #expect(throws: MetricError.badValue(what: "set of values", index: 1, value: .infinity)) {
      try StudentInterval(of: [1, .infinity])
    }
    #expect(throws: MetricError.self) { try StudentInterval(of: [1, 2], confidence: 1) }
  }
}
