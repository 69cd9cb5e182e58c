import Foundation
import PolicyMetrics
import TestSupport
import Testing

private struct Reference: Decodable {
  struct Case: Decodable {
    var real, generated: [[Double]]
    var nearest_k: Int
    var density, coverage: Double
  }
  var cases: [Case]
}

@Suite struct DensityCoverageTests {
  @Test func `density and coverage agree with prdc`() throws {
    let cases = try fixture("prdc", as: Reference.self, in: .module).cases
    #expect(cases.count == 4)
    for (index, c) in cases.enumerated() {
      let result = try DensityCoverage(
        of: PointSet(c.generated), against: PointSet(c.real), neighbours: c.nearest_k)
      expectClose(result.density, c.density, relative: 1e-6, "case \(index)")
      expectClose(result.coverage, c.coverage, relative: 1e-6, "case \(index)")
    }
  }

  @Test func `a point on the edge of a ball is outside it`() throws {
    // Radii to the nearest other: 1, 1 and 9.
    let real = try PointSet([[0.0], [1.0], [10.0]])
    let result = try DensityCoverage(
      of: PointSet([[-1.0], [0.25], [19.0]]), against: real, neighbours: 1)
    // 0.25 lies in the balls around 0 and 1; -1 on the edge of the first, 19 on that of the third,
    // and 10 - 0.25 is too far as well.
    #expect(result.density == 2.0 / 3)
    #expect(result.coverage == 2.0 / 3)
  }

  @Test func `too few points, or none, are refused in a sentence of their own`() throws {
    let five = try cloud(count: 5, dimension: 2, seed: 1)
    let none = try PointSet(dimension: 2, values: [])
    func message(of generated: PointSet, against real: PointSet, _ neighbours: Int = 5) -> String? {
      #expect(throws: MetricError.self) {
        try DensityCoverage(of: generated, against: real, neighbours: neighbours)
      }?.description
    }
    #expect(
      message(of: five, against: five)
        == "the set of real points has 5, too few for the distance to 5 neighbours; at least 6 "
        + "are needed")
    #expect(
      message(of: none, against: five)
        == "set of generated points is empty; at least one point is needed")
    #expect(
      message(of: five, against: none)
        == "set of real points is empty; at least one point is needed")
    #expect(
      message(of: five, against: five, 0)
        == "number of neighbours is 0, but must be at least 1")
  }
}
