import Foundation
import Imitation
import TestSupport
import Testing

/// Kernel densities against scikit-learn's, and the choice of the densest candidate.
@Suite struct KernelDensityTests {
  struct Reference: Decodable {
    struct Case: Decodable {
      var bandwidth: Double
      var log_density: [Double]
    }

    var points: NestedNumbers
    var queries: NestedNumbers
    var cases: [Case]
  }

  private func densest(_ density: KernelDensity, _ points: [Float], width: Int) -> Int {
    let workspace = UnsafeMutableBufferPointer<Double>.allocate(capacity: points.count / width)
    defer { workspace.deallocate() }
    return points.withUnsafeBufferPointer {
      density.densestPoint(of: $0, width: width, workspace: workspace)
    }
  }

  @Test func `log densities are scikit-learn's`() throws {
    let reference: Reference = try fixture("kde", in: .module)
    #expect(reference.cases.map(\.bandwidth) == [0.1, 0.4, 1])
    for expected in reference.cases {
      let density = try KernelDensity(bandwidth: expected.bandwidth)
      let found = density.logDensities(
        at: reference.queries.floats, of: reference.points.floats, width: 2)
      // The points are rounded to float32, which the smallest bandwidth magnifies.
      expectClose(
        found, expected.log_density, relative: 1e-6, absolute: 1e-5, "h = \(expected.bandwidth)")
    }
  }

  @Test func `the densest point is where the log density is highest`() throws {
    let reference: Reference = try fixture("kde", in: .module)
    let points = reference.points.floats
    for bandwidth in [0.1, 0.4, 1] {
      let density = try KernelDensity(bandwidth: bandwidth)
      let found = densest(density, points, width: 2)
      let logs = density.logDensities(at: points, of: points, width: 2)
      #expect(logs[found] == logs.max(), "h = \(bandwidth)")
    }
  }

  @Test func `points much farther apart than the bandwidth still differ`() throws {
    let density = try KernelDensity(bandwidth: 1e-3)
    #expect(densest(density, [0, 9, 10, 12, 20], width: 1) == 1)
    #expect(densest(density, [0, 12, 20, 10.5, 11], width: 1) == 3)
  }

  @Test func `one point is the densest and has the kernel's density`() throws {
    let density = try KernelDensity(bandwidth: 0.5)
    #expect(densest(density, [3, 4], width: 2) == 0)
    expectClose(
      density.logDensities(at: [3, 4], of: [3, 4], width: 2)[0],
      -log(2 * Double.pi * 0.25), relative: 1e-12)
  }

  @Test func `one query at a time has the same density as all together`() throws {
    let reference: Reference = try fixture("kde", in: .module)
    let (points, queries) = (reference.points.floats, reference.queries.floats)
    let density = try KernelDensity(bandwidth: 0.4)
    let together = density.logDensities(at: queries, of: points, width: 2)
    let workspace = UnsafeMutableBufferPointer<Double>.allocate(capacity: points.count / 2)
    defer { workspace.deallocate() }
    let alone = points.withUnsafeBufferPointer { points in
      queries.withUnsafeBufferPointer { queries in
        stride(from: 0, to: queries.count, by: 2).map { start in
          density.logDensity(
            at: UnsafeBufferPointer(rebasing: queries[start..<start + 2]), of: points,
            workspace: workspace)
        }
      }
    }
    #expect(alone == together)
  }

  @Test func `of no points the density is 0 everywhere`() throws {
    let density = try KernelDensity(bandwidth: 0.5)
    #expect(density.logDensities(at: [3, 4], of: [], width: 2) == [-.infinity])
    let workspace = UnsafeMutableBufferPointer<Double>.allocate(capacity: 1)
    defer { workspace.deallocate() }
    let alone = [Float](repeating: 3, count: 2).withUnsafeBufferPointer {
      density.logDensity(
        at: $0, of: UnsafeBufferPointer(start: nil, count: 0), workspace: workspace)
    }
    #expect(alone == -.infinity)
  }

  @Test(arguments: [0, -1, .nan]) func `a bandwidth out of range is named`(_ value: Double) {
    #expect(message { _ = try KernelDensity(bandwidth: value) }.hasPrefix("bandwidth is "))
  }
}
