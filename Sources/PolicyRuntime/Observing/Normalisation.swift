public import Naming

/// How a value is scaled: which numbers of the demonstrations become −1 and 1.
public enum Normalisation: String, NamedChoice, Codable, Hashable {
  /// The smallest and the largest.
  case range
  /// The 1st and the 99th of a hundred, so that a few glitches do not flatten the rest.
  case quantile
  /// Mean minus and plus standard deviation.
  case gaussian
  /// −1 and 1 themselves: values are left as they are.
  case none

  /// What is chosen, for messages.
  public static var kindOfChoice: String { "normalisation" }

  /// The numbers of a column that become −1 and 1.
  ///
  /// - Parameter values: The column, in any order; at least one.
  /// - Returns: Both, in order.
  package func ends(of values: [Double]) -> (low: Double, high: Double) {
    let sorted = values.sorted()
    guard let first = sorted.first, let last = sorted.last else { return (-1, 1) }
    switch self {
    case .none: return (-1, 1)
    case .range: return (first, last)
    case .quantile:
      func at(_ share: Double) -> Double {
        // Between neighbours in proportion, as NumPy does it.
        let place = share * Double(sorted.count - 1)
        let below = Int(place)
        let above = min(below + 1, sorted.count - 1)
        let weight = place - Double(below)
        return sorted[below] * (1 - weight) + sorted[above] * weight
      }
      let (low, high) = (at(0.01), at(0.99))
      // Where nearly all are one value, the others are what there is to learn.
      return high > low ? (low, high) : (first, last)
    case .gaussian:
      let count = Double(sorted.count)
      let mean = sorted.reduce(0) { $0 + $1 / count }
      let deviation =
        sorted.reduce(0) { $0 + ($1 - mean) * (($1 - mean) / count) }.squareRoot()
      return deviation > 0 && deviation.isFinite
        ? (mean - deviation, mean + deviation) : (first, last)
    }
  }
}

/// Which normalisation each observation has, and the actions.
public struct NormalisationChoice: Sendable, Hashable {
  /// That of all that are not named.
  public var common: Normalisation
  /// Those of observations by name, and of `actions`.
  public var named: [String: Normalisation]

  /// Creates a choice.
  public init(_ common: Normalisation = .range, named: [String: Normalisation] = [:]) {
    self.common = common
    self.named = named
  }

  /// Reads choices such as `quantile`, or `actions=gaussian`.
  ///
  /// - Throws: `UnknownName` for a normalisation that there is not.
  public init(parsing texts: [String]) throws {
    self.init()
    for text in texts {
      if let equals = text.lastIndex(of: "="), equals != text.startIndex {
        named[String(text[..<equals])] = try Normalisation(
          named: String(text[text.index(after: equals)...]))
      } else {
        common = try Normalisation(named: text)
      }
    }
  }

  /// The normalisation of an observation, or of `actions`.
  public func of(_ name: String) -> Normalisation { named[name] ?? common }
}
