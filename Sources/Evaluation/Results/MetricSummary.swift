public import PolicyMetrics

/// A metric over training seeds: mean ± standard error, the seed being the unit.
public struct MetricSummary: Codable, Sendable, Hashable {
  /// The mean over the seeds.
  public var mean: Double
  /// The standard error of the mean, s/√n with n − 1 in s; nil for a single seed.
  public var standardError: Double?
  /// Where the mean over all trainings may lie: Student's 95 % interval over the seeds; nil for a
  /// single one.
  public var interval: StudentInterval?

  private enum CodingKeys: String, CodingKey {
    case mean
    case standardError = "standard_error"
    case interval
  }

  /// Creates a summary.
  public init(mean: Double, standardError: Double?, interval: StudentInterval? = nil) {
    self.mean = mean
    self.standardError = standardError
    self.interval = interval
  }

  /// Summarises the values of the seeds.
  ///
  /// - Parameter values: One value a seed; at least one.
  /// - Throws: `MetricError.empty`.
  public init(of values: [Double]) throws(MetricError) {
    guard !values.isEmpty else { throw .empty(what: "set of seeds") }
    let count = Double(values.count)
    let mean = values.reduce(0, +) / count
    self.mean = mean
    interval = try? StudentInterval(of: values)
    if values.count > 1 {
      let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      standardError = (squares / (count - 1) / count).squareRoot()
    }
  }

  /// Writes both numbers, the error as null where there is none.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(mean, forKey: .mean)
    try container.encode(standardError, forKey: .standardError)
    try container.encodeIfPresent(interval, forKey: .interval)
  }

  /// `0.953 ± 0.012`; the mean alone without an error.
  public func text(decimals: Int) -> String {
    let mean = Self.fixed(mean, decimals: decimals)
    return standardError.map { "\(mean) ± \(Self.fixed($0, decimals: decimals))" } ?? mean
  }

  private static func fixed(_ value: Double, decimals: Int) -> String {
    guard value.isFinite, abs(value) < 1e12 else { return "\(value)" }
    var scale = 1.0
    for _ in 0..<decimals { scale *= 10 }
    let units = Int((abs(value) * scale).rounded())
    let sign = value < 0 && units > 0 ? "-" : ""
    guard decimals > 0 else { return "\(sign)\(units)" }
    let digits = String(units)
    let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
    return "\(sign)\(padded.dropLast(decimals)).\(padded.suffix(decimals))"
  }
}
