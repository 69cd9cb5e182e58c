/// What can be wrong with the options of a diffusion.
public enum DiffusionError: Error, CustomStringConvertible, Sendable, Hashable {
  /// An option outside its range.
  case optionOutOfRange(name: String, value: Double, low: Double, high: Double)
  /// A choice that does not go with another, such as the process, with those that do.
  case mismatch(kind: String, name: String, other: String, fitting: [String])
  /// Two options that contradict each other.
  case contradiction(String)
  /// A schedule with a β that is not in (0, 1), at noise step `step`.
  case impossibleBeta(step: Int, value: Double)

  /// What is wrong and what would be right.
  public var description: String {
    switch self {
    case .optionOutOfRange(let name, let value, let low, let high):
      let range = high.isFinite ? "lie in \(text(low))…\(text(high))" : "be at least \(text(low))"
      return "\(name) is \(text(value)), but must \(range)"
    case .mismatch(let kind, let name, let other, let fitting):
      return "the \(kind) '\(name)' does not go with \(other); what does: "
        + fitting.joined(separator: ", ")
    case .contradiction(let reason):
      return reason
    case .impossibleBeta(let step, let value):
      return "the noise schedule has beta = \(value) at step \(step), but every beta must lie "
        + "between 0 and 1, both excluded"
    }
  }

  /// Throws ``optionOutOfRange(name:value:low:high:)`` unless the value lies in the range.
  package static func check(
    _ name: String, _ value: Double, from low: Double, to high: Double = .infinity
  ) throws(DiffusionError) {
    // Written so that a NaN fails.
    guard value >= low, value <= high else {
      throw .optionOutOfRange(name: name, value: value, low: low, high: high)
    }
  }

  private func text(_ value: Double) -> String {
    Int(exactly: value).map(String.init) ?? "\(value)"
  }
}
