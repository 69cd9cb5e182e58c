import Foundation
import PolicyMetrics
import Randomness
import TestSupport
import Testing

/// Distances by SciPy and POT.
struct WassersteinReference: Decodable {
  struct OneDimensional: Decodable {
    var a, b: [Double]
    var a_weights, b_weights: [Double]?
    var wasserstein: Double
  }
  struct Euclidean: Decodable {
    var a, b: [[Double]]
    var wasserstein_1, wasserstein_2: Double
  }
  var one_dimensional: [OneDimensional]
  var euclidean: [Euclidean]
}

/// Points drawn uniformly from the unit cube, shifted.
func cloud(count: Int, dimension: Int, seed: UInt64, shift: Double = 0) throws -> PointSet {
  var random = RandomStream(seed: seed, purpose: .metric)
  return try PointSet(
    dimension: dimension,
    values: (0..<count * dimension).map { _ in Double.random(in: 0..<1, using: &random) + shift })
}

@Suite struct WassersteinTests {
  @Test func `sorting agrees with SciPy, with and without weights`() throws {
    let cases = try fixture("wasserstein", as: WassersteinReference.self, in: .module)
      .one_dimensional
    #expect(cases.count == 5)
    for (index, c) in cases.enumerated() {
      let distance = try Wasserstein.distance(
        c.a, c.b, aWeights: c.a_weights, bWeights: c.b_weights)
      expectClose(distance, c.wasserstein, relative: 1e-6, "case \(index)")
    }
  }

  @Test func `the network simplex agrees with POT in every dimension`() throws {
    let cases = try fixture("wasserstein", as: WassersteinReference.self, in: .module).euclidean
    #expect(cases.count == 6)
    for (index, c) in cases.enumerated() {
      let (a, b) = try (PointSet(c.a), PointSet(c.b))
      let first = try Wasserstein.distance(a, b)
      let second = try Wasserstein.distance(a, b, order: .second)
      expectClose(first, c.wasserstein_1, relative: 1e-6, "case \(index)")
      expectClose(second, c.wasserstein_2, relative: 1e-6, "case \(index)")
    }
  }

  @Test(arguments: [(1, 1), (7, 7), (30, 70), (64, 48)])
  func `in one dimension simplex and sorting agree`(n: Int, m: Int) throws {
    let a = try cloud(count: n, dimension: 1, seed: 1)
    let b = try cloud(count: m, dimension: 1, seed: 2, shift: 0.2)
    let simplex = try Wasserstein.transportCost(a, b, squared: false)
    let sorted = try Wasserstein.distance(a.values, b.values)
    expectClose(simplex, sorted, relative: 1e-10)
    let squared = try Wasserstein.transportCost(a, b, squared: true)
    let quantiles = try Wasserstein.distance(a.values, b.values, order: .second)
    expectClose(squared, quantiles * quantiles, relative: 1e-10)
  }

  @Test func `a shift moves every point by its length`() throws {
    let a = try cloud(count: 300, dimension: 3, seed: 3)
    let b = try PointSet(dimension: 3, values: a.values.map { $0 + 0.5 })
    let length = 0.75.squareRoot()
    try expectClose(Wasserstein.distance(a, b), length, relative: 1e-9)
    try expectClose(Wasserstein.distance(a, b, order: .second), length, relative: 1e-9)
    #expect(try Wasserstein.distance(a, a) == 0)
  }

  @Test func `large sets are reduced to 2,000 points, the same for a seed`() throws {
    let a = try cloud(count: 2500, dimension: 2, seed: 4)
    let sample = a.sample(atMost: 100, seed: 9)
    #expect(sample.count == 100)
    #expect(sample == a.sample(atMost: 100, seed: 9))
    #expect(sample != a.sample(atMost: 100, seed: 10))
    let members = Set((0..<a.count).map { Array(a[$0]) })
    let drawn = (0..<100).map { Array(sample[$0]) }
    #expect(drawn.allSatisfy(members.contains) && Set(drawn).count == 100)
    #expect(a.sample(atMost: 2500, seed: 9) == a)
  }

  @Test func `the sliced distance of a shift is its mean projection`() throws {
    let a = try cloud(count: 50, dimension: 2, seed: 5)
    let b = try PointSet(
      dimension: 2, values: a.values.enumerated().map { $1 + ($0 % 2 == 0 ? 3 : 4) })
    // E|u·s| = 2|s|/π and E(u·s)² = |s|²/2 for directions u on the circle.
    let first = try Wasserstein.slicedDistance(a, b, directions: 4000)
    #expect(abs(first - 10 / Double.pi) < 0.06, "\(first)")
    let second = try Wasserstein.slicedDistance(a, b, order: .second, directions: 4000)
    #expect(abs(second - 5 / 2.0.squareRoot()) < 0.06, "\(second)")
    #expect(try Wasserstein.slicedDistance(a, b, directions: 1) <= Wasserstein.distance(a, b))
    let line = try (cloud(count: 9, dimension: 1, seed: 6), cloud(count: 5, dimension: 1, seed: 7))
    let sliced = try Wasserstein.slicedDistance(line.0, line.1)
    try expectClose(sliced, Wasserstein.distance(line.0, line.1), relative: 1e-9)
  }

  @Test func `impossible input is refused in words`() throws {
    let plane = try cloud(count: 4, dimension: 2, seed: 1)
    let space = try cloud(count: 4, dimension: 3, seed: 1)
    #expect(throws: MetricError.empty(what: "first set")) { try Wasserstein.distance([], [1]) }
    #expect(
      throws: MetricError.sizeMismatch(what: "dimension of the second set", expected: 2, actual: 3)
    ) {
      try Wasserstein.distance(plane, space)
    }
    #expect(throws: MetricError.noWeight(what: "second set")) {
      try Wasserstein.distance([1], [1, 2], bWeights: [0, 0])
    }
    #expect(throws: MetricError.badValue(what: "weights of the first set", index: 1, value: -1)) {
      try Wasserstein.distance([1, 2], [1], aWeights: [2, -1])
    }
    #expect(throws: MetricError.self) { try PointSet([[1.0, 2.0], [3.0]]) }
    let error = #expect(throws: MetricError.self) { try PointSet([[1.0, 2.0], [.nan, 3.0]]) }
    #expect(error?.description == "point 1 has the value nan at index 0")
    let far = try PointSet([[0.0, 0.0], [1e200, 1e200]])
    #expect(throws: MetricError.self) { try Wasserstein.distance(far, far, order: .second) }
  }
}
