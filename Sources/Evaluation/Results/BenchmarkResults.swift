public import Foundation

/// One row of a benchmark: an environment, who acted in it, and how that went.
public struct BenchmarkRow: Codable, Sendable, Hashable {
  /// The method of the row of the demonstrations themselves.
  public static let demonstrations = "demonstrations"

  /// The environment's name.
  public var environment: String
  /// The method's name, or ``demonstrations``.
  public var method: String
  /// The backbone's name; `-` where there is none.
  public var backbone: String
  /// Over how many training seeds the metrics are.
  public var seeds: Int
  /// The metrics, by their keys.
  public var metrics: [String: MetricSummary]

  /// Creates a row.
  public init(
    environment: String, method: String, backbone: String, seeds: Int,
    metrics: [String: MetricSummary]
  ) {
    self.environment = environment
    self.method = method
    self.backbone = backbone
    self.seeds = seeds
    self.metrics = metrics
  }

  /// Who acted, for the first column.
  var label: String { backbone == "-" ? method : "\(method) · \(backbone)" }
}

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
  /// What each metric is, by its key.
  public var definitions: [String: String]

  /// Creates a protocol.
  public init(entries: [Entry], definitions: [String: String] = [:]) {
    self.entries = entries
    self.definitions = definitions
  }

  /// Reads `{"seeds": …, "metrics": {…}}`; the entries come in alphabetical order.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    let names = container.allKeys.map(\.stringValue).filter { $0 != "metrics" }.sorted()
    entries = try names.map {
      Entry(
        $0.replacingOccurrences(of: "_", with: " "),
        try container.decode(String.self, forKey: Key(stringValue: $0)))
    }
    definitions =
      try container.decodeIfPresent([String: String].self, forKey: Key(stringValue: "metrics"))
      ?? [:]
  }

  /// Writes each entry under its name with underscores, and the definitions under `metrics`.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    for entry in entries {
      let key = Key(stringValue: entry.name.replacingOccurrences(of: " ", with: "_"))
      try container.encode(entry.value, forKey: key)
    }
    try container.encode(definitions, forKey: Key(stringValue: "metrics"))
  }

  private struct Key: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }
}

/// The results of a benchmark: rows and the protocol that they were computed under.
///
/// As JSON: `{"protocol": {…}, "rows": [{"environment": "claw", "method": "diffusion", "backbone":
/// "mlp", "seeds": 3, "metrics": {"success": {"mean": 0.9, "standard_error": 0.02}, …}}, …]}`.
public struct BenchmarkResults: Codable, Sendable, Hashable {
  /// How the numbers came to be.
  public var `protocol`: BenchmarkProtocol
  /// The rows; each environment's demonstrations stand last among its rows.
  public var rows: [BenchmarkRow]

  /// Creates results.
  public init(protocol: BenchmarkProtocol, rows: [BenchmarkRow]) {
    self.protocol = `protocol`
    self.rows = rows
  }

  /// The results as one JSON document, with sorted keys.
  public func json() throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(self)
  }
}
