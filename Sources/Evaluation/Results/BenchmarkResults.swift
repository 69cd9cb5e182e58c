public import EnvironmentInterface
public import Foundation
public import Naming

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
  /// The swept settings with their values.
  public var variant: Variant
  /// Over how many training seeds the metrics are.
  public var seeds: Int
  /// The metrics, by their keys.
  public var metrics: [String: MetricSummary]
  /// How much each metric differs from the best row's, seed by seed; nothing for the best row, for
  /// demonstrations and for a single seed.
  public var differences: [String: MetricSummary] = [:]

  /// Creates a row.
  public init(
    environment: String, method: String, backbone: String, variant: Variant = Variant(),
    seeds: Int, metrics: [String: MetricSummary]
  ) {
    self.environment = environment
    self.method = method
    self.backbone = backbone
    self.variant = variant
    self.seeds = seeds
    self.metrics = metrics
  }

  private enum CodingKeys: String, CodingKey {
    case environment, method, backbone, variant, seeds, metrics, differences
  }

  /// Reads a row; one without `variant` or `differences` has none.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    try self.init(
      environment: container.decode(String.self, forKey: .environment),
      method: container.decode(String.self, forKey: .method),
      backbone: container.decode(String.self, forKey: .backbone),
      variant: container.decodeIfPresent(Variant.self, forKey: .variant) ?? Variant(),
      seeds: container.decode(Int.self, forKey: .seeds),
      metrics: container.decode([String: MetricSummary].self, forKey: .metrics))
    differences =
      try container.decodeIfPresent([String: MetricSummary].self, forKey: .differences) ?? [:]
  }

  /// Writes a row, with `variant` where something is swept and `differences` where there are any.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(environment, forKey: .environment)
    try container.encode(method, forKey: .method)
    try container.encode(backbone, forKey: .backbone)
    if !variant.isEmpty { try container.encode(variant, forKey: .variant) }
    try container.encode(seeds, forKey: .seeds)
    try container.encode(metrics, forKey: .metrics)
    if !differences.isEmpty { try container.encode(differences, forKey: .differences) }
  }

  /// Whether it is the row of the demonstrations themselves.
  var isDemonstrations: Bool { method == Self.demonstrations }

  /// Who acted, for the first column.
  var label: String { backbone == "-" ? method : "\(method) · \(backbone)" }
}

/// The results of a benchmark: rows, the metrics in them and the protocol that they were computed
/// under.
///
/// As JSON: `{"protocol": {…}, "metrics": [{"key": "success", "title": "Success", "direction":
/// "up", "decimals": 3, "definition": "…"}, …], "rows": [{"environment": "claw", "method":
/// "diffusion", "backbone": "mlp", "seeds": 3, "metrics": {"success": {"mean": 0.9,
/// "standard_error": 0.02, "interval": {"low": 0.81, "high": 0.99}}, …}}, …]}`.
///
/// Cells that failed, if any, follow as `"failures": [{"cell": {…}, "reason": "…"}, …]`.
public struct BenchmarkResults: Codable, Sendable, Hashable {
  /// A cell that has no numbers.
  public struct Failure: Codable, Sendable, Hashable {
    /// Which cell.
    public var cell: BenchmarkCell
    /// What went wrong, in a line.
    public var reason: String

    /// Creates a failure.
    public init(cell: BenchmarkCell, reason: String) {
      self.cell = cell
      self.reason = reason
    }
  }

  /// How the numbers came to be.
  public var `protocol`: BenchmarkProtocol
  /// The metrics of the rows, in the order of their columns.
  public var metrics: [MetricDefinition]
  /// The rows; each environment's demonstrations stand last among its rows.
  public var rows: [BenchmarkRow]
  /// The cells that are missing in the rows; nil for none.
  public var failures: [Failure]?

  /// Creates results.
  ///
  /// - Parameters:
  ///   - protocol: How the numbers came to be.
  ///   - metrics: The metrics in the order of their columns; those that no row has are left out.
  ///   - rows: The rows.
  ///   - failures: The cells that are missing in the rows.
  /// - Throws: `UnknownName` for a row with a value of none of them.
  public init(
    protocol: BenchmarkProtocol, metrics: [MetricDefinition], rows: [BenchmarkRow],
    failures: [Failure] = []
  ) throws(UnknownName) {
    let keys = Set(rows.flatMap(\.metrics.keys))
    if let key = keys.subtracting(metrics.map(\.key)).sorted().first {
      throw UnknownName(kind: "metric", name: key, known: metrics.map(\.key))
    }
    self.protocol = `protocol`
    self.metrics = metrics.filter { keys.contains($0.key) }
    self.rows = rows
    self.failures = failures.isEmpty ? nil : failures
  }

  private enum CodingKeys: String, CodingKey {
    case `protocol`, metrics, rows, failures
  }

  /// Reads results; those of version 0.1 say in the protocol what their metrics are.
  ///
  /// - Throws: `UnknownName` for a value of no metric, and `DecodingError`.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let rows = try container.decode([BenchmarkRow].self, forKey: .rows)
    try self.init(
      protocol: container.decode(BenchmarkProtocol.self, forKey: .protocol),
      metrics: container.decodeIfPresent([MetricDefinition].self, forKey: .metrics)
        ?? Self.oldMetrics(container),
      rows: rows, failures: container.decodeIfPresent([Failure].self, forKey: .failures) ?? [])
  }

  private static func oldMetrics(
    _ container: KeyedDecodingContainer<CodingKeys>
  ) throws -> [MetricDefinition] {
    struct Old: Decodable { let metrics: [String: String] }
    let texts = try container.decode(Old.self, forKey: .protocol).metrics
    let standard = Metric.standard(subtasks: 9).map(\.definition)
    let own = Set(texts.keys).subtracting(standard.map(\.key)).sorted()
    return standard
      + own.map { MetricDefinition($0, title: $0, better: .up, decimals: 3, texts[$0] ?? "") }
  }

  /// What the numbers lack, a line each.
  var remarks: [String] {
    (failures ?? []).map { "missing: \($0.cell): \($0.reason)" }
  }

  /// The results as one JSON document, with sorted keys.
  public func json() throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(self)
  }
}
