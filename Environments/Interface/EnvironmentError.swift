/// What can be wrong with what an environment is given.
public enum EnvironmentError: Error, CustomStringConvertible, Sendable {
  /// An option outside its range.
  case optionOutOfRange(name: String, value: Double, low: Double, high: Double)
  /// An option that counts something, with a fraction.
  case optionNotWhole(name: String, value: Double)
  /// An array of another length than asked.
  case wrongLength(what: String, expected: Int, actual: Int)
  /// A NaN or an infinity.
  case notFinite(what: String, index: Int)
  /// A state that this environment cannot be in.
  case impossibleState(reason: String)
  /// Something that a simulator elsewhere does not take or cannot do, in its own words.
  case refused(reason: String)
  /// A simulator that ended, hangs or speaks another language: its worlds are gone.
  case lost(reason: String)

  /// What is wrong and what would be right.
  public var description: String {
    switch self {
    case .optionOutOfRange(let name, let value, let low, let high):
      return "option '\(name)' is \(value), but must lie in \(low)…\(high)"
    case .optionNotWhole(let name, let value):
      return "option '\(name)' is \(value), but must be a whole number"
    case .wrongLength(let what, let expected, let actual):
      return "\(what) has \(actual) value\(actual == 1 ? "" : "s"), expected \(expected)"
    case .notFinite(let what, let index):
      return "\(what) has a NaN or infinite value at index \(index)"
    case .impossibleState(let reason):
      return "this is not a state of the environment: \(reason)"
    case .refused(let reason), .lost(let reason):
      return reason
    }
  }
}
