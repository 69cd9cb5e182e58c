import Foundation

/// What `GET /metrics` tells, in Prometheus' text format (version 0.0.4).
package struct ServingMetrics: Sendable {
  /// How the server fares.
  let figures: ServingFigures
  /// How long decisions took.
  let latencies: LatencyHistogram

  /// Collects what there is to tell.
  ///
  /// - Parameters:
  ///   - figures: How the server fares.
  ///   - latencies: How long decisions took.
  package init(figures: ServingFigures, latencies: LatencyHistogram) {
    self.figures = figures
    self.latencies = latencies
  }

  /// The text; seconds, as Prometheus wants them.
  package var text: String {
    var lines: [String] = []
    func tell(_ name: String, _ kind: String, _ help: String, _ samples: [(String, Double)]) {
      lines += ["# HELP dpolicy_\(name) \(help)", "# TYPE dpolicy_\(name) \(kind)"]
      lines += samples.map { "dpolicy_\(name)\($0) \(Self.number($1))" }
    }
    func count(_ name: String, _ help: String, _ value: Int) {
      tell(name, "counter", help, [("", Double(value))])
    }
    count("decisions_total", "Decisions made.", figures.decisions)
    count("batches_total", "Calls of the policy in which they were made.", figures.batches)
    count("rejected_total", "Requests refused because too many waited.", figures.rejected)
    count("malformed_total", "Requests that could not be decided on.", figures.malformed)
    tell("waiting", "gauge", "Requests that wait for a decision.", [("", Double(figures.waiting))])
    tell("uptime_seconds", "gauge", "Seconds since the start.", [("", figures.uptimeSeconds)])
    var samples: [(String, Double)] = []
    var below = 0
    for (bound, count) in zip(LatencyHistogram.bounds, latencies.counts) {
      below += count
      samples.append(("_bucket{le=\"\(Self.number(bound))\"}", Double(below)))
    }
    let total = latencies.counts.reduce(0, +)
    samples.append(("_bucket{le=\"+Inf\"}", Double(total)))
    samples += [("_sum", latencies.sum), ("_count", Double(total))]
    tell("decision_seconds", "histogram", "Seconds from a request to its decision.", samples)
    return lines.joined(separator: "\n") + "\n"
  }

  private static func number(_ value: Double) -> String {
    Int(exactly: value).map { "\($0)" } ?? "\(value)"
  }
}

/// How many decisions took how long.
package struct LatencyHistogram: Sendable, Hashable {
  /// The upper bounds of the buckets, in seconds; one more is without a bound.
  package static let bounds = [
    0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5,
  ]
  /// How many fell into each bucket.
  package private(set) var counts = [Int](repeating: 0, count: bounds.count + 1)
  /// All together, in seconds.
  package private(set) var sum = 0.0

  /// Creates one without any.
  package init() {}

  /// Counts a decision that took so many seconds.
  package mutating func add(_ seconds: Double) {
    counts[Self.bounds.firstIndex { seconds <= $0 } ?? Self.bounds.count] += 1
    sum += seconds
  }
}
