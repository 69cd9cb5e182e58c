import CTransport

/// Exact Wasserstein distances between distributions over points, each point with its weight.
///
/// W_p(a, b) = (min over plans Σ plan_ij · |a_i − b_j|^p)^(1/p), with the Euclidean norm.
///
/// Source: Peyré and Cuturi, "Computational Optimal Transport", 2019, equations 2.11 and 2.30.
public enum Wasserstein {
  /// The power p of the distance.
  public enum Order: Int, Sendable, CaseIterable {
    /// W1, the earth mover's distance.
    case first = 1
    /// W2.
    case second = 2
  }

  /// The largest set that ``distance(_:_:aWeights:bWeights:order:seed:)`` takes whole in more than
  /// one dimension.
  public static let largestExactCount = 2000

  /// The distance between two sets of points, weighted or not.
  ///
  /// One dimension is done by sorting, at any size. In more dimensions it is the network simplex
  /// over all pairs, and a set of more than ``largestExactCount`` points is first reduced to that
  /// many draws, made with the seed: without replacement where all weigh alike, by weight
  /// otherwise.
  ///
  /// - Parameters:
  ///   - a: One set; at least one point.
  ///   - b: The other set, of the same dimension.
  ///   - aWeights: The weights of its points, not negative, of any sum; nil for equal ones.
  ///   - bWeights: The same for the other set.
  ///   - order: The power of the distance.
  ///   - seed: What the choice of points depends on, if one must be made.
  /// - Returns: The distance, in the points' units. Weights that are whole numbers are taken as
  ///   they are; others are rounded to 2⁻⁵² of their sum.
  /// - Throws: ``MetricError`` for empty sets, sets of different dimension, or impossible weights.
  public static func distance(
    _ a: PointSet, _ b: PointSet, aWeights: [Double]? = nil, bWeights: [Double]? = nil,
    order: Order = .first, seed: UInt64 = 0
  ) throws(MetricError) -> Double {
    let cost =
      if a.dimension == 1, b.dimension == 1 {
        try sortedCost(a.values, b.values, aWeights: aWeights, bWeights: bWeights, order: order)
      } else {
        try transportCost(
          WeightedPoints(a, weights: aWeights, what: "first set")
            .sample(atMost: largestExactCount, seed: seed),
          WeightedPoints(b, weights: bWeights, what: "second set")
            .sample(atMost: largestExactCount, seed: seed &+ 1), squared: order == .second)
      }
    return order == .second ? cost.squareRoot() : cost
  }

  /// The distance between two weighted sets of numbers, by sorting.
  ///
  /// - Parameters:
  ///   - a: The numbers of one set.
  ///   - b: The numbers of the other set.
  ///   - aWeights: Their weights, not negative, of any sum; nil for equal ones.
  ///   - bWeights: The same for the other set.
  ///   - order: The power of the distance.
  /// - Returns: The distance, in the numbers' unit.
  /// - Throws: ``MetricError`` for empty sets, values that are not finite, or impossible weights.
  public static func distance(
    _ a: [Double], _ b: [Double], aWeights: [Double]? = nil, bWeights: [Double]? = nil,
    order: Order = .first
  ) throws(MetricError) -> Double {
    let cost = try sortedCost(a, b, aWeights: aWeights, bWeights: bWeights, order: order)
    return order == .second ? cost.squareRoot() : cost
  }

  /// The least cost of any plan, by the network simplex: W1, or W2² with squared costs.
  static func transportCost(
    _ a: WeightedPoints, _ b: WeightedPoints, squared: Bool
  ) throws(MetricError) -> Double {
    guard a.points.dimension == b.points.dimension else {
      throw .sizeMismatch(
        what: "dimension of the second set", expected: a.points.dimension,
        actual: b.points.dimension)
    }
    let (aUnits, bUnits) = WeightedPoints.units(a, b)
    var cost = 0.0
    let status = CTransport_cost(
      &cost, a.points.values, b.points.values, aUnits, bUnits, Int32(a.points.count),
      Int32(b.points.count), Int32(a.points.dimension), squared ? 1 : 0)
    switch CTransport_status(UInt32(status)) {
    case CTransport_ok: return cost
    case CTransport_no_memory:
      throw .transport(reason: "not enough memory for \(a.points.count) × \(b.points.count) points")
    case CTransport_bad_input:
      throw .transport(reason: "distances overflow; the points' coordinates are too large")
    default: throw .transport(reason: "the network simplex found no optimum")
    }
  }

  /// The least cost of any plan between points that all weigh alike.
  package static func transportCost(
    _ a: PointSet, _ b: PointSet, squared: Bool
  ) throws(MetricError) -> Double {
    try transportCost(
      WeightedPoints(a, weights: nil, what: "first set"),
      WeightedPoints(b, weights: nil, what: "second set"), squared: squared)
  }

  /// ∫ |F⁻¹ − G⁻¹|^p over the quantiles: both sorted lists are walked through together.
  private static func sortedCost(
    _ a: [Double], _ b: [Double], aWeights: [Double]?, bWeights: [Double]?, order: Order
  ) throws(MetricError) -> Double {
    let a = try masses(a, weights: aWeights, what: "first set")
    let b = try masses(b, weights: bWeights, what: "second set")
    var (i, j) = (0, 0)
    var (aLeft, bLeft) = (a[0].mass, b[0].mass)
    var cost = 0.0
    while true {
      let moved = min(aLeft, bLeft)
      let distance = abs(a[i].value - b[j].value)
      cost += moved * (order == .first ? distance : distance * distance)
      aLeft -= moved
      bLeft -= moved
      if aLeft <= 0 {
        i += 1
        guard i < a.count else { return cost }
        aLeft = a[i].mass
      }
      if bLeft <= 0 {
        j += 1
        guard j < b.count else { return cost }
        bLeft = b[j].mass
      }
    }
  }

  /// The values in order, with masses that sum to one.
  private static func masses(
    _ values: [Double], weights: [Double]?, what: String
  ) throws(MetricError) -> [(value: Double, mass: Double)] {
    for (index, value) in values.enumerated() where !value.isFinite {
      throw .badValue(what: what, index: index, value: value)
    }
    let set = try WeightedPoints(
      PointSet(unchecked: values, dimension: 1), weights: weights, what: what)
    return zip(values, set.masses).sorted { $0.0 < $1.0 }.map { ($0.0, $0.1) }
  }
}
