import Foundation
import Randomness
import TestSupport
import Testing

@Suite struct RandomStreamTests {
  static let count = 200_000

  /// Kolmogorov and Smirnov's distance between draws and a distribution function.
  private func distance(_ draws: [Double], _ cumulative: (Double) -> Double) -> Double {
    let n = Double(draws.count)
    return draws.sorted().enumerated().map { rank, x in
      let c = cumulative(x)
      return max(Double(rank + 1) / n - c, c - Double(rank) / n)
    }.max() ?? 0
  }

  /// The distance that n honest draws exceed once in ten thousand times.
  private var critical: Double { 2.23 / Double(Self.count).squareRoot() }

  @Test func `a stream is its blocks in order`() {
    var stream = RandomStream(seed: 5, purpose: .metric, step: 7, index: 9)
    let philox = Philox(key: 5)
    for block in 0..<3 as Range<UInt32> {
      let words = philox.block(SIMD4(block, 9, 7, RandomPurpose.metric.rawValue))
      for lane in 0..<4 { #expect(stream.nextWord() == words[lane]) }
    }
  }

  @Test func `the distance rejects a wrong distribution`() {
    var stream = RandomStream(seed: 1, purpose: .metric)
    let squares = (0..<Self.count).map { _ in pow(stream.uniform(), 1.02) }
    #expect(distance(squares) { $0 } > critical)
  }

  @Test func `uniform numbers fill [0, 1) evenly`() {
    var stream = RandomStream(seed: 1, purpose: .metric)
    let draws = (0..<Self.count).map { _ in stream.uniform() }
    #expect(draws.allSatisfy { $0 >= 0 && $0 < 1 })
    #expect(distance(draws) { $0 } < critical)
  }

  @Test func `positive uniform numbers lie in (0, 1]`() {
    var stream = RandomStream(seed: 2, purpose: .metric)
    let draws = (0..<Self.count).map { _ in stream.positiveUniform() }
    #expect(draws.allSatisfy { $0 > 0 && $0 <= 1 })
    #expect(distance(draws) { $0 } < critical)
  }

  @Test func `normal draws are normal`() {
    var stream = RandomStream(seed: 3, purpose: .metric)
    expectNormal((0..<Self.count).map { _ in stream.normal() })
  }

  @Test func `a filled buffer is normal`() {
    var stream = RandomStream(seed: 4, purpose: .metric)
    var values = [Float](repeating: .nan, count: Self.count)
    stream.fillNormal(&values)
    expectNormal(values.map(Double.init))
  }

  @Test(arguments: [0, 1, 2, 3, 7]) func `a fill of any length fills all of it`(count: Int) {
    var stream = RandomStream(seed: 4, purpose: .metric)
    var values = [Float](repeating: .nan, count: count)
    stream.fillNormal(&values)
    #expect(values.allSatisfy { $0.isFinite })
    #expect(values.count == count)
  }

  private func expectNormal(_ draws: [Double]) {
    let n = Double(draws.count)
    let moments = (1...4).map { power in draws.reduce(0) { $0 + pow($1, Double(power)) } / n }
    // Standard errors of the raw moments of N(0, 1): √((E x²ᵏ − (E xᵏ)²) / n).
    let deviations = [1.0, 2, 15, 96].map { ($0 / n).squareRoot() }
    for (power, expected) in [0.0, 1, 0, 3].enumerated() {
      expectClose(
        moments[power], expected, absolute: 4 * deviations[power], "moment \(power + 1)")
    }
    #expect(distance(draws) { 0.5 * erfc(-$0 / 2.0.squareRoot()) } < critical)
    // Successive draws share a block: they must not be correlated, nor must their squares.
    let products = zip(draws, draws.dropFirst()).reduce(0) { $0 + $1.0 * $1.1 } / (n - 1)
    let squares =
      zip(draws, draws.dropFirst()).reduce(0) { $0 + ($1.0 * $1.0 - 1) * ($1.1 * $1.1 - 1) }
      / (n - 1)
    expectClose(products, 0, absolute: 4 / n.squareRoot(), "correlation of neighbours")
    expectClose(squares, 0, absolute: 8 / n.squareRoot(), "correlation of neighbours' squares")
  }

  @Test(arguments: [1, 2, 3, 7, 10, 64, 1000])
  func `integers below a bound are equally likely`(bound: Int) {
    var stream = RandomStream(seed: 8, purpose: .metric)
    var counts = [Int](repeating: 0, count: bound)
    for _ in 0..<Self.count { counts[stream.integer(below: bound)] += 1 }
    let expected = Double(Self.count) / Double(bound)
    let statistic = counts.reduce(0) { $0 + pow(Double($1) - expected, 2) / expected }
    // χ² with bound − 1 degrees of freedom, mean ± 5 deviations.
    let freedom = Double(bound - 1)
    #expect(statistic <= freedom + 5 * (2 * freedom).squareRoot())
  }

  @Test func `integers below a huge bound are unbiased`() {
    // With bound 3·2⁶¹ a plain multiplication would give every third outcome twice as often.
    let bound = 3 << 61
    var stream = RandomStream(seed: 7, purpose: .metric)
    let draws = (0..<Self.count).map { _ in Double(stream.integer(below: bound)) / Double(bound) }
    #expect(draws.allSatisfy { $0 >= 0 && $0 < 1 })
    #expect(distance(draws) { $0 } < critical)
  }

  @Test func `streams that differ in anything share no word`() {
    var seen: Set<UInt64> = []
    var streams: [RandomStream] = []
    for seed in [0, 1, 1 << 32] as [UInt64] {
      for purpose in RandomPurpose.allCases {
        for step in 0..<3 as Range<UInt32> {
          for index in 0..<3 as Range<UInt32> {
            streams.append(RandomStream(seed: seed, purpose: purpose, step: step, index: index))
          }
        }
      }
    }
    for stream in streams {
      var stream = stream
      for _ in 0..<16 { seen.insert(stream.next()) }
    }
    #expect(seen.count == streams.count * 16)
  }

  @Test func `neighbouring streams are not correlated`() {
    let n = 50_000
    let first = (0..<n).map { index in
      var stream = RandomStream(seed: 0, purpose: .sampling, index: UInt32(index))
      return stream.normal()
    }
    expectNormal(
      first
        + (0..<Self.count - n).map { index in
          var stream = RandomStream(seed: 1, purpose: .sampling, index: UInt32(index))
          return stream.normal()
        })
  }
}
