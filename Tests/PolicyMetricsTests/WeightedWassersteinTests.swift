import PolicyMetrics
import Randomness
import TestSupport
import Testing

@Suite struct WeightedWassersteinTests {
  @Test func `in the plane weighted sets agree with SciPy's on a line`() throws {
    // The line lies aslant in the plane, so that the simplex finds what SciPy finds by sorting.
    func onALine(_ values: [Double]) throws -> PointSet {
      try PointSet(values.map { [0.6 * $0, 0.8 * $0] })
    }
    let cases = try fixture("wasserstein", as: WassersteinReference.self, in: .module)
      .one_dimensional
    #expect(cases.contains { $0.a_weights != nil } && cases.contains { $0.b_weights != nil })
    for (index, c) in cases.enumerated() {
      let distance = try Wasserstein.distance(
        onALine(c.a), onALine(c.b), aWeights: c.a_weights, bWeights: c.b_weights)
      expectClose(distance, c.wasserstein, relative: 1e-6, "case \(index)")
    }
  }

  @Test func `a point that weighs as much as two is two points`() throws {
    let (a, b) = try (
      cloud(count: 12, dimension: 3, seed: 1), cloud(count: 7, dimension: 3, seed: 2, shift: 0.3)
    )
    let weights = [2.0, 1, 3, 1, 0, 5, 2]
    let repeated = try PointSet(
      zip(0..<b.count, weights).flatMap { Array(repeating: Array(b[$0]), count: Int($1)) })
    for order in Wasserstein.Order.allCases {
      let weighted = try Wasserstein.distance(a, b, bWeights: weights, order: order)
      try expectClose(weighted, Wasserstein.distance(a, repeated, order: order), relative: 1e-9)
      // Neither the weights' sum nor that they are whole numbers matters.
      let scaled = try Wasserstein.distance(
        a, b, aWeights: Array(repeating: 0.1, count: 12), bWeights: weights.map { $0 / 7 },
        order: order)
      expectClose(scaled, weighted, relative: 1e-9)
    }
  }

  @Test func `all goes to one point where there is but one`() throws {
    let origin = try PointSet([[0.0, 0.0]])
    let points = try PointSet([[3.0, 4.0], [6.0, 8.0], [1.0, 1.0]])
    let weights = [0.25, 0.75, 0]
    let first = try Wasserstein.distance(origin, points, bWeights: weights)
    expectClose(first, 0.25 * 5 + 0.75 * 10, relative: 1e-12)
    let second = try Wasserstein.distance(points, origin, aWeights: weights, order: .second)
    expectClose(second, (0.25 * 25 + 0.75 * 100).squareRoot(), relative: 1e-12)
  }

  @Test func `of more than 2,000 points as many are drawn by weight`() throws {
    var random = RandomStream(seed: 3, purpose: .metric)
    let points = try PointSet((0..<3000).map { [Double($0 < 1500 ? 0 : 1), 0] })
    // Half of the points weigh three times as much: three quarters of the mass lie at 1.
    let weights = (0..<3000).map { $0 < 1500 ? 1.0 : 3 }
    let origin = try PointSet([[0.0, 0.0]])
    let distance = try Wasserstein.distance(
      points, origin, aWeights: weights, seed: UInt64(random.integer(below: 1000)))
    expectClose(distance, 0.75, absolute: 1e-3)
  }

  @Test func `impossible weights are refused in words, in every dimension`() throws {
    for dimension in [1, 2] {
      let three = try cloud(count: 3, dimension: dimension, seed: 1)
      let none = try PointSet(dimension: dimension, values: [])
      #expect(throws: MetricError.noWeight(what: "second set")) {
        try Wasserstein.distance(three, three, bWeights: [0, 0, 0])
      }
      #expect(
        throws: MetricError.badValue(what: "weights of the first set", index: 2, value: -.infinity)
      ) {
        try Wasserstein.distance(three, three, aWeights: [1, 2, -.infinity])
      }
      #expect(
        throws: MetricError.sizeMismatch(
          what: "number of weights of the first set", expected: 3, actual: 2)
      ) {
        try Wasserstein.distance(three, three, aWeights: [1, 2])
      }
      #expect(throws: MetricError.empty(what: "second set")) {
        try Wasserstein.distance(three, none)
      }
      // Weights whose sum overflows are weights.
      let vast = Array(repeating: Double.greatestFiniteMagnitude, count: 3)
      #expect(try Wasserstein.distance(three, three, aWeights: vast, bWeights: [1, 1, 1]) < 1e-9)
    }
  }
}
