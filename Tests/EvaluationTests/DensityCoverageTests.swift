import Evaluation
import Foundation
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

  @Test func `too few real points are refused`() throws {
    let five = try cloud(count: 5, dimension: 2, seed: 1)
    let error = #expect(throws: MetricError.self) { try DensityCoverage(of: five, against: five) }
    #expect(error?.description == "number of neighbours is 5, but must lie in 1…4")
  }
}
