/// A number that may be chosen when an environment is made.
public struct EnvironmentOption: Codable, Sendable, Hashable {
  /// The option's name, as on the command line.
  public var name: String
  /// What it does, in one sentence.
  public var summary: String
  /// The value when nothing is said.
  public var defaultValue: Double
  /// The smallest and the largest value.
  public var low, high: Double
  /// Whether only whole numbers are allowed.
  public var isWhole: Bool

  /// Creates an option.
  public init(
    _ name: String, default defaultValue: Double, from low: Double, to high: Double,
    isWhole: Bool = false, _ summary: String
  ) {
    self.name = name
    self.summary = summary
    self.defaultValue = defaultValue
    self.low = low
    self.high = high
    self.isWhole = isWhole
  }

  private enum CodingKeys: String, CodingKey {
    case name, summary, low, high
    case defaultValue = "default_value"
    case isWhole = "is_whole"
  }

  /// Throws unless a value is one that the option can have.
  ///
  /// - Throws: ``EnvironmentError/optionOutOfRange(name:value:low:high:)`` or
  ///   ``EnvironmentError/optionNotWhole(name:value:)``.
  public func check(_ value: Double) throws(EnvironmentError) {
    guard value >= low, value <= high else {
      throw .optionOutOfRange(name: name, value: value, low: low, high: high)
    }
    guard !isWhole || value == value.rounded() else {
      throw .optionNotWhole(name: name, value: value)
    }
  }
}
