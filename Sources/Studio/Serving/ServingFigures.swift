/// How a policy server fares.
public struct ServingFigures: Sendable, Codable {
  /// Milliseconds from a checked request to its decision.
  public struct Latency: Sendable, Codable {
    /// Half were faster.
    public var median: Double
    /// One in a hundred was slower.
    public var p99: Double
  }

  /// Decisions made.
  public var decisions = 0
  /// Calls of the policy in which they were made.
  public var batches = 0
  /// The most decisions made in one call.
  public var largestBatch = 0
  /// Decisions refused because too many waited.
  public var rejected = 0
  /// Requests that could not be decided on.
  public var malformed = 0
  /// Decisions that wait.
  public var waiting = 0
  /// Of the latest decisions; nil before the first.
  public var latencyMilliseconds: Latency?
  /// Seconds since the server was made.
  public var uptimeSeconds = 0.0

  /// Nothing yet.
  public init() {}
}

/// The latest latencies.
struct LatencyRecord {
  private static let length = 2048
  private var milliseconds: [Double] = []
  private var next = 0

  mutating func append(_ value: Double) {
    if milliseconds.count < Self.length {
      milliseconds.append(value)
    } else {
      milliseconds[next] = value
      next = (next + 1) % Self.length
    }
  }

  var latency: ServingFigures.Latency? {
    let sorted = milliseconds.sorted()
    guard !sorted.isEmpty else { return nil }
    return ServingFigures.Latency(
      median: sorted[sorted.count / 2], p99: sorted[sorted.count * 99 / 100])
  }
}
