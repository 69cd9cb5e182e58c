import Foundation

/// How a benchmark was run: what must be known to compare its numbers with others.
public struct BenchmarkProtocol: Codable, Sendable, Hashable {
  /// One line of the protocol.
  public struct Entry: Codable, Sendable, Hashable {
    /// What it is about, such as `initial states`.
    public var name: String
    /// What was done.
    public var value: String

    /// Creates an entry.
    public init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  /// The lines, in order.
  public var entries: [Entry]

  /// Creates a protocol.
  public init(entries: [Entry]) {
    self.entries = entries
  }

  /// Reads `{"seeds": …, "rollouts": …}`; the entries come in alphabetical order.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    // Version 0.1 wrote the metrics' definitions here.
    let names = container.allKeys.map(\.stringValue).filter { $0 != "metrics" }.sorted()
    entries = try names.map {
      Entry(
        $0.replacingOccurrences(of: "_", with: " "),
        try container.decode(String.self, forKey: Key(stringValue: $0)))
    }
  }

  /// Writes each entry under its name with underscores.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    for entry in entries {
      let key = Key(stringValue: entry.name.replacingOccurrences(of: " ", with: "_"))
      try container.encode(entry.value, forKey: key)
    }
  }

  private struct Key: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }
}
