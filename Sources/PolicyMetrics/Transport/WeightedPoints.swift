import CTransport
import Randomness

/// Points and what each of them weighs; at least one weighs something.
struct WeightedPoints {
  let points: PointSet
  /// One a point, not negative; nil where all weigh alike.
  private let weights: [Double]?

  /// Checks that there are points, and a possible weight for each.
  init(_ points: PointSet, weights: [Double]?, what: String) throws(MetricError) {
    guard points.count > 0 else { throw .empty(what: what) }
    if let weights {
      guard weights.count == points.count else {
        throw .sizeMismatch(
          what: "number of weights of the \(what)", expected: points.count, actual: weights.count)
      }
      for (index, weight) in weights.enumerated() where !weight.isFinite || weight < 0 {
        throw .badValue(what: "weights of the \(what)", index: index, value: weight)
      }
      guard weights.contains(where: { $0 > 0 }) else { throw .noWeight(what: what) }
    }
    self.init(unchecked: points, weights: weights)
  }

  private init(unchecked points: PointSet, weights: [Double]?) {
    self.points = points
    self.weights = weights
  }

  /// The weights, divided by their sum.
  var masses: [Double] {
    var weights = self.weights ?? Array(repeating: 1, count: points.count)
    var total = weights.reduce(0, +)
    if !total.isFinite {
      // Divided by twice their number first, the largest of numbers have a sum.
      weights = weights.map { $0 / (2 * Double(weights.count)) }
      total = weights.reduce(0, +)
    }
    return weights.map { $0 / total }
  }

  /// The same where there are at most `limit` points; otherwise as many draws from them, without
  /// replacement where all weigh alike and systematic ones by weight otherwise.
  func sample(atMost limit: Int, seed: UInt64) -> WeightedPoints {
    guard points.count > limit else { return self }
    guard weights != nil else {
      return WeightedPoints(unchecked: points.sample(atMost: limit, seed: seed), weights: nil)
    }
    var random = RandomStream(seed: seed, purpose: .metric)
    let offset = random.uniform()
    var (drawn, counts): ([Double], [Double]) = ([], [])
    var (reached, next) = (0.0, 0)
    for (index, mass) in masses.enumerated() {
      reached += mass
      let first = next
      while next < limit, (Double(next) + offset) / Double(limit) < reached { next += 1 }
      guard next > first else { continue }
      drawn += points[index]
      counts.append(Double(next - first))
    }
    return WeightedPoints(
      unchecked: PointSet(unchecked: drawn, dimension: points.dimension), weights: counts)
  }

  /// The masses of two sets as whole units of one sum, which the simplex carries without rounding.
  static func units(_ a: WeightedPoints, _ b: WeightedPoints) -> (a: [Int64], b: [Int64]) {
    guard let ours = a.wholeWeights, let theirs = b.wholeWeights else {
      return (a.roundedUnits, b.roundedUnits)
    }
    // Each of a's units becomes as many as b has, and the other way round, in lowest terms.
    let (ourSum, theirSum) = (ours.reduce(0, +), theirs.reduce(0, +))
    let divisor = greatestCommonDivisor(ourSum, theirSum)
    return (ours.map { $0 * (theirSum / divisor) }, theirs.map { $0 * (ourSum / divisor) })
  }

  /// The weights where they are whole numbers, few enough that two sets have a sum in common.
  private var wholeWeights: [Int64]? {
    guard let weights else { return Array(repeating: 1, count: points.count) }
    guard weights.reduce(0, +) <= Self.mostWhole else { return nil }
    let whole = weights.compactMap { Int64(exactly: $0) }
    return whole.count == weights.count ? whole : nil
  }

  /// The masses in units of 2⁻⁵²: rounded where they end when laid end to end, so that the units
  /// have the sum that they should.
  private var roundedUnits: [Int64] {
    let most = Double(CTransport_most_units)
    var (reached, end) = (0.0, Int64(0))
    let lastWeighing = masses.lastIndex { $0 > 0 }
    return masses.enumerated().map { index, mass in
      reached = index == lastWeighing ? 1 : min(1, reached + mass)
      let start = end
      end = Int64((reached * most).rounded())
      return end - start
    }
  }

  /// Two sums up to here have a product that is no more than the simplex takes.
  private static let mostWhole = 67_108_864.0  // 2²⁶

  private static func greatestCommonDivisor(_ a: Int64, _ b: Int64) -> Int64 {
    b == 0 ? a : greatestCommonDivisor(b, a % b)
  }
}
