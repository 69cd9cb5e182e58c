/// How well generated points lie among real ones, and how many real ones they reach.
///
/// Around each real point lies a ball whose radius is the distance to its k-th nearest other real
/// point. Density = (1 / k·m) Σ over the m generated points of the number of balls that hold it (it
/// may exceed 1); coverage = the fraction of balls that hold a generated point. A point on the edge
/// of a ball is outside it.
///
/// Source: Naeem et al., "Reliable fidelity and diversity metrics for generative models", ICML
/// 2020.
public struct DensityCoverage: Sendable, Hashable {
  /// The density; 1 in expectation for points of the same distribution, 0 far from it.
  public let density: Double
  /// The coverage, 0…1.
  public let coverage: Double

  /// Computes both.
  ///
  /// - Parameters:
  ///   - generated: The points to judge; at least one.
  ///   - real: The points to judge by; more than `neighbours`.
  ///   - neighbours: Which nearest neighbour gives the radius, k.
  /// - Throws: ``MetricError`` for too few points, or sets of different dimension.
  public init(
    of generated: PointSet, against real: PointSet, neighbours: Int = 5
  ) throws(MetricError) {
    guard generated.count > 0 else { throw .empty(what: "set of generated points") }
    guard real.count > 0 else { throw .empty(what: "set of real points") }
    guard real.dimension == generated.dimension else {
      throw .sizeMismatch(
        what: "dimension of the generated points", expected: real.dimension,
        actual: generated.dimension)
    }
    guard neighbours >= 1 else {
      throw .outOfRange(what: "number of neighbours", value: neighbours, low: 1, high: .max)
    }
    guard neighbours < real.count else {
      throw .tooFewNeighbours(points: real.count, neighbours: neighbours)
    }
    var held = 0
    var reached = 0
    for ball in 0..<real.count {
      let radius = real.squaredRadius(of: ball, neighbours: neighbours)
      let inside = (0..<generated.count).count {
        real.squaredDistance(ball, to: generated, $0) < radius
      }
      held += inside
      reached += inside > 0 ? 1 : 0
    }
    density = Double(held) / Double(neighbours * generated.count)
    coverage = Double(reached) / Double(real.count)
  }
}

extension PointSet {
  /// The squared distance from a point to its k-th nearest other, the k nearest kept in order.
  fileprivate func squaredRadius(of point: Int, neighbours: Int) -> Double {
    var nearest = [Double](repeating: .infinity, count: neighbours)
    for other in 0..<count where other != point {
      let distance = squaredDistance(point, to: self, other)
      var place = neighbours - 1
      guard distance < nearest[place] else { continue }
      while place > 0, distance < nearest[place - 1] {
        nearest[place] = nearest[place - 1]
        place -= 1
      }
      nearest[place] = distance
    }
    return nearest[neighbours - 1]
  }

  fileprivate func squaredDistance(_ point: Int, to other: PointSet, _ otherPoint: Int) -> Double {
    values.withUnsafeBufferPointer { a in
      other.values.withUnsafeBufferPointer { b in
        var sum = 0.0
        for k in 0..<dimension {
          let difference = a[point * dimension + k] - b[otherPoint * dimension + k]
          sum += difference * difference
        }
        return sum
      }
    }
  }
}
