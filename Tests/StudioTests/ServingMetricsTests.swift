import Foundation
import Studio
import Testing

/// What a server tells Prometheus.
@Suite struct ServingMetricsTests {
  @Test func `each figure has its help, its type and its value; buckets count what is below`() {
    var figures = ServingFigures()
    figures.decisions = 4
    figures.batches = 3
    figures.rejected = 2
    figures.malformed = 1
    figures.uptimeSeconds = 1.5
    var latencies = LatencyHistogram()
    for seconds in [0.0004, 0.002, 0.0021, 9] { latencies.add(seconds) }
    let text = ServingMetrics(figures: figures, latencies: latencies).text
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    #expect(lines.last == "", "the last line ends, too")
    for expected in [
      "# TYPE dpolicy_decisions_total counter", "dpolicy_decisions_total 4",
      "dpolicy_batches_total 3", "dpolicy_rejected_total 2", "dpolicy_malformed_total 1",
      "# TYPE dpolicy_waiting gauge", "dpolicy_waiting 0", "dpolicy_uptime_seconds 1.5",
      "# TYPE dpolicy_decision_seconds histogram",
      "dpolicy_decision_seconds_bucket{le=\"0.0005\"} 1",
      "dpolicy_decision_seconds_bucket{le=\"0.001\"} 1",
      "dpolicy_decision_seconds_bucket{le=\"0.002\"} 2",
      "dpolicy_decision_seconds_bucket{le=\"0.005\"} 3",
      "dpolicy_decision_seconds_bucket{le=\"5\"} 3",
      "dpolicy_decision_seconds_bucket{le=\"+Inf\"} 4", "dpolicy_decision_seconds_count 4",
    ] {
      #expect(lines.filter { $0 == expected }.count == 1, "\(expected)")
    }
    // Each sample stands under a type of its own name, and every line is one of the format's.
    var type = ""
    for line in lines.dropLast() {
      if let match = line.wholeMatch(of: /# TYPE (\w+) (counter|gauge|histogram)/) {
        type = String(match.1)
      } else if !line.hasPrefix("# HELP dpolicy_") {
        #expect(line.hasPrefix(type), "\(line)")
        #expect(line.wholeMatch(of: /\w+(\{le="[^"]+"\})? [0-9.e+-]+/) != nil, "\(line)")
      }
    }
  }
}
