/// Which episodes are kept from a training to judge it: a share, drawn by the seed, or a mask's.
public enum HeldOut: Codable, Sendable, Hashable, CustomStringConvertible {
  /// A share of the episodes, more than 0 and less than 1.
  case fraction(Double)
  /// The episodes of a mask of the demonstrations, such as `valid`.
  case mask(String)

  /// Reads `0.1` as a share and anything else as a mask's name.
  ///
  /// - Parameter text: What was written.
  /// - Throws: ``ImitationError/optionOutOfRange(name:value:range:)`` for a share out of range.
  public init(parsing text: String) throws(ImitationError) {
    guard let share = Double(text) else {
      self = .mask(text)
      return
    }
    self = .fraction(share)
    try validate()
  }

  /// Reads a number or a text.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let share = try? container.decode(Double.self) {
      self = .fraction(share)
    } else {
      self = .mask(try container.decode(String.self))
    }
  }

  /// Writes a number or a text.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .fraction(let share): try container.encode(share)
    case .mask(let name): try container.encode(name)
    }
  }

  /// As it is written.
  public var description: String {
    switch self {
    case .fraction(let share): "\(share)"
    case .mask(let name): name
    }
  }

  /// Checks the share.
  ///
  /// - Throws: ``ImitationError/optionOutOfRange(name:value:range:)``.
  func validate() throws(ImitationError) {
    guard case .fraction(let share) = self, !(share > 0 && share < 1) else { return }
    throw .optionOutOfRange(
      name: "validation", value: "\(share)", range: "more than 0 and less than 1, or a mask")
  }
}
