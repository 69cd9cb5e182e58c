import CTransport

/// Exact Wasserstein distances between uniform distributions over points.
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

  /// The largest set that ``distance(_:_:order:seed:)`` takes whole in more than one dimension.
  public static let largestExactCount = 2000

  /// The distance between two sets of points.
  ///
  /// One dimension is done by sorting, at any size. In more dimensions it is the network simplex
  /// over all pairs, and a set of more than ``largestExactCount`` points is first reduced to that
  /// many, drawn with the seed.
  ///
  /// - Parameters:
  ///   - a: One set; at least one point.
  ///   - b: The other set, of the same dimension.
  ///   - order: The power of the distance.
  ///   - seed: What the choice of points depends on, if one must be made.
  /// - Returns: The distance, in the points' units.
  /// - Throws: ``MetricError`` for empty sets, or sets of different dimension.
  public static func distance(
    _ a: PointSet, _ b: PointSet, order: Order = .first, seed: UInt64 = 0
  ) throws(MetricError) -> Double {
    let cost =
      if a.dimension == 1, b.dimension == 1 {
        try sortedCost(a.values, b.values, order: order)
      } else {
        try transportCost(
          a.sample(atMost: largestExactCount, seed: seed),
          b.sample(atMost: largestExactCount, seed: seed &+ 1), squared: order == .second)
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
  package static func transportCost(
    _ a: PointSet, _ b: PointSet, squared: Bool
  ) throws(MetricError) -> Double {
    guard a.count > 0 else { throw .empty(what: "first set of points") }
    guard b.count > 0 else { throw .empty(what: "second set of points") }
    guard a.dimension == b.dimension else {
      throw .sizeMismatch(
        what: "dimension of the second set", expected: a.dimension, actual: b.dimension)
    }
    var cost = 0.0
    let status = CTransport_cost(
      &cost, a.values, b.values, Int32(a.count), Int32(b.count), Int32(a.dimension),
      squared ? 1 : 0)
    switch CTransport_status(UInt32(status)) {
    case CTransport_ok: return cost
    case CTransport_no_memory:
      throw .transport(reason: "not enough memory for \(a.count) × \(b.count) points")
    case CTransport_bad_input:
      throw .transport(reason: "distances overflow; the points' coordinates are too large")
    default: throw .transport(reason: "the network simplex found no optimum")
    }
  }

  /// ∫ |F⁻¹ − G⁻¹|^p over the quantiles: both sorted lists are walked through together.
  private static func sortedCost(
    _ a: [Double], _ b: [Double], aWeights: [Double]? = nil, bWeights: [Double]? = nil,
    order: Order
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
    guard !values.isEmpty else { throw .empty(what: what) }
    let weights = weights ?? Array(repeating: 1, count: values.count)
    guard weights.count == values.count else {
      throw .sizeMismatch(
        what: "number of weights of the \(what)", expected: values.count, actual: weights.count)
    }
    for (index, value) in values.enumerated() where !value.isFinite {
      throw .badValue(what: what, index: index, value: value)
    }
    for (index, weight) in weights.enumerated() where !weight.isFinite || weight < 0 {
      throw .badValue(what: "weights of the \(what)", index: index, value: weight)
    }
    let total = weights.reduce(0, +)
    guard total > 0 else { throw .noWeight(what: what) }
    return zip(values, weights).sorted { $0.0 < $1.0 }.map { ($0.0, $0.1 / total) }
  }
}
