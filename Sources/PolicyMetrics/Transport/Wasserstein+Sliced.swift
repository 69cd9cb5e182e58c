import Randomness

extension Wasserstein {
  /// The sliced distance: the mean over random directions of the distance of the projections.
  ///
  /// SW_p(a, b) = (mean over directions u of W_p(u·a, u·b)^p)^(1/p). Cheap at any size, and a lower
  /// bound of W_p.
  ///
  /// - Parameters:
  ///   - a: One set; at least one point.
  ///   - b: The other set, of the same dimension.
  ///   - order: The power of the distance.
  ///   - directions: How many directions are drawn, uniformly over the sphere.
  ///   - seed: What the directions depend on.
  /// - Returns: The distance, in the points' units.
  /// - Throws: ``MetricError`` for empty sets, sets of different dimension, or no directions.
  ///
  /// Source: Bonneel et al., "Sliced and Radon Wasserstein barycenters of measures", 2015.
  public static func slicedDistance(
    _ a: PointSet, _ b: PointSet, order: Order = .first, directions: Int = 200, seed: UInt64 = 0
  ) throws(MetricError) -> Double {
    guard a.dimension == b.dimension else {
      throw .sizeMismatch(
        what: "dimension of the second set", expected: a.dimension, actual: b.dimension)
    }
    guard directions >= 1 else {
      throw .outOfRange(what: "number of directions", value: directions, low: 1, high: .max)
    }
    var total = 0.0
    for index in 0..<directions {
      let u = direction(dimension: a.dimension, seed: seed, index: index)
      let distance = try distance(a.projected(on: u), b.projected(on: u), order: order)
      total += order == .first ? distance : distance * distance
    }
    let mean = total / Double(directions)
    return order == .first ? mean : mean.squareRoot()
  }

  /// A direction drawn uniformly from the unit sphere.
  private static func direction(dimension: Int, seed: UInt64, index: Int) -> [Double] {
    var random = RandomStream(seed: seed, purpose: .metric, index: UInt32(index))
    let u = (0..<dimension).map { _ in random.normal() }
    let length = u.reduce(0) { $0 + $1 * $1 }.squareRoot()
    return length > 0 ? u.map { $0 / length } : [1] + u.dropFirst().map { _ in 0 }
  }
}

extension PointSet {
  fileprivate func projected(on direction: [Double]) -> [Double] {
    (0..<count).map { point in
      var sum = 0.0
      for k in 0..<dimension { sum += direction[k] * values[point * dimension + k] }
      return sum
    }
  }
}
