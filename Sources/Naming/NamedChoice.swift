/// A choice that people write by name, on the command line or in a file.
public protocol NamedChoice: RawRepresentable<String>, CaseIterable, Codable, Hashable, Sendable {
  /// What is chosen, for messages: "noise schedule".
  static var kindOfChoice: String { get }
}

extension NamedChoice {
  /// The names of all choices, in order.
  public static var names: [String] { allCases.map(\.rawValue) }

  /// The choice of a name.
  ///
  /// - Parameter name: One of ``names``.
  /// - Throws: ``UnknownName``, which lists the valid names.
  public init(named name: String) throws(UnknownName) {
    guard let choice = Self(rawValue: name) else {
      throw UnknownName(kind: Self.kindOfChoice, name: name, known: Self.names)
    }
    self = choice
  }

  /// Decodes a name.
  ///
  /// - Parameter decoder: Where the name stands.
  /// - Throws: A decoding error that lists the valid names.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    do {
      try self.init(named: container.decode(String.self))
    } catch let error as UnknownName {
      throw DecodingError.dataCorrupted(
        .init(
          codingPath: decoder.codingPath, debugDescription: error.description,
          underlyingError: error))
    }
  }
}
