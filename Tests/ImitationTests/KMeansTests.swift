import Foundation
import Imitation
import Randomness
import TestSupport
import Testing

/// Clustering against scikit-learn's best of 50 runs, and where it could go wrong.
@Suite struct KMeansTests {
  struct Case: Decodable {
    var points: NestedNumbers
    var clusters: Int
    var best_inertia_of_50: Double
  }

  private func cases() throws -> [Case] {
    struct File: Decodable { var cases: [Case] }
    return try fixture("kmeans", as: File.self, in: .module).cases
  }

  /// The sum of squared distances from each point to the nearest centre, in double precision.
  private func inertia(_ points: [Float], _ centres: [Float], width: Int) -> Double {
    stride(from: 0, to: points.count, by: width).reduce(0.0) { sum, point in
      let distances = stride(from: 0, to: centres.count, by: width).map { centre in
        (0..<width).reduce(0.0) {
          $0 + pow(Double(points[point + $1]) - Double(centres[centre + $1]), 2)
        }
      }
      return sum + (distances.min() ?? .infinity)
    }
  }

  private func normals(_ count: Int, index: UInt32 = 0) -> [Float] {
    var stream = RandomStream(seed: 9, purpose: .metric, index: index)
    var values = [Float](repeating: 0, count: count)
    stream.fillNormal(&values)
    return values
  }

  @Test func `inertia is within 1 % of the best of 50 and equal where clusters are apart`() throws {
    let cases = try cases()
    #expect(cases.count == 3)
    for (index, expected) in cases.enumerated() {
      for seed: UInt64 in 0..<5 {
        let found = try KMeans(
          expected.points.floats, width: expected.points.shape[1], clusters: expected.clusters,
          seed: seed)
        let ratio = found.inertia / expected.best_inertia_of_50
        #expect(ratio < 1.01, "case \(index), seed \(seed): \(ratio) of the best")
        expectClose(
          found.inertia,
          inertia(expected.points.floats, found.centres, width: found.width), relative: 1e-9)
        // In the last case 64 clusters share one normal distribution, and ours come out lower.
        if index < 2 { expectClose(ratio, 1.0, absolute: 1e-6, "case \(index), seed \(seed)") }
      }
    }
  }

  @Test func `the same seed gives the same bytes`() throws {
    let points = normals(3000)
    let first = try KMeans(points, width: 3, clusters: 20, seed: 4)
    #expect(try KMeans(points, width: 3, clusters: 20, seed: 4) == first)
    #expect(try KMeans(points, width: 3, clusters: 20, seed: 5).centres != first.centres)
    #expect(first.clusters == 20)
  }

  @Test func `as many clusters as distinct points are the points`() throws {
    let points: [Float] = [0, 1, 1, 5, 5, 5, 1, 9]
    let found = try KMeans(points, width: 1, clusters: 4)
    #expect(found.centres.sorted() == [0, 1, 5, 9])
    #expect(found.inertia == 0)
    #expect([0, 1, 5, 9].map { found.centres[found.nearest(to: [$0])] } == [0, 1, 5, 9])
    for clusters in [0, -1, 5, 9] {
      #expect(
        message { _ = try KMeans(points, width: 1, clusters: clusters) }
          == "clusters is \(clusters), but must be 1…4, the number of distinct action chunks in the"
          + " demonstrations")
    }
    #expect(message { _ = try KMeans([], width: 1, clusters: 1) }.contains("clusters is 1"))
  }

  @Test func `a centre that loses its points moves to the worst served one`() throws {
    // Duplicates and a far outlier are where plain Lloyd iterations leave centres empty.
    let points: [Float] = Array(repeating: 0, count: 50) + [0.1, 0.2, 0.3, 100, 200, 201]
    for seed: UInt64 in 0..<20 {
      let found = try KMeans(points, width: 1, clusters: 5, restarts: 1, seed: seed)
      let used = Set(points.map { found.nearest(to: [$0]) })
      #expect(used.count == 5, "seed \(seed): \(found.centres)")
    }
  }

  @Test func `50 000 points of 16 dimensions take seconds`() throws {
    let centres = normals(64 * 16, index: 1)
    var points = normals(50_000 * 16)
    for index in points.indices {
      points[index] += 4 * centres[index / 16 % 64 * 16 + index % 16]
    }
    let found = try KMeans(points, width: 16, clusters: 64)
    // Unit variance about 64 centres that stand far apart: one a dimension.
    expectClose(found.inertia, 800_000.0, relative: 0.02)
  }

  @Test func `rare points that a sample misses still get their clusters`() throws {
    var points = [Float](repeating: 0, count: 60_000)
    for index in 1...7 { points[index * 8000] = Float(index) }
    let found = try KMeans(points, width: 1, clusters: 8)
    #expect(found.centres.sorted() == [0, 1, 2, 3, 4, 5, 6, 7])
  }
}
