/// What can be wrong with what a metric is computed from.
public enum MetricError: Error, CustomStringConvertible, Sendable, Hashable {
  /// A set without points.
  case empty(what: String)
  /// Two arrays that should have the same size.
  case sizeMismatch(what: String, expected: Int, actual: Int)
  /// A NaN or an infinity, or a negative weight.
  case badValue(what: String, index: Int, value: Double)
  /// Weights that sum to nothing.
  case noWeight(what: String)
  /// A number outside its range.
  case outOfRange(what: String, value: Int, low: Int, high: Int)
  /// A set with fewer points than a ball's radius is measured with.
  case tooFewNeighbours(points: Int, neighbours: Int)
  /// The transport problem could not be solved.
  case transport(reason: String)

  /// What is wrong and what would be right.
  public var description: String {
    switch self {
    case .empty(let what):
      return "\(what) is empty; at least one point is needed"
    case .sizeMismatch(let what, let expected, let actual):
      return "\(what) is \(actual), expected \(expected)"
    case .badValue(let what, let index, let value):
      return "\(what) has the value \(value) at index \(index)"
    case .noWeight(let what):
      return "the weights of \(what) sum to 0"
    case .outOfRange(let what, let value, let low, let high):
      let range = high == .max ? "be at least \(low)" : "lie in \(low)…\(high)"
      return "\(what) is \(value), but must \(range)"
    case .tooFewNeighbours(let points, let neighbours):
      return "the set of real points has \(points), too few for the distance to "
        + "\(neighbours) neighbours; at least \(neighbours + 1) are needed"
    case .transport(let reason):
      return "optimal transport failed: \(reason)"
    }
  }
}
