import EnvironmentInterface
import Evaluation
import Foundation
import Naming
import PolicyMetrics
import TestSupport
import Testing

private func row(
  _ method: String, backbone: String = "mlp", success: (Double, Double?), time: (Double, Double)?
) -> BenchmarkRow {
  var metrics = ["success": MetricSummary(mean: success.0, standardError: success.1)]
  if let time {
    metrics["time_wasserstein"] = MetricSummary(mean: time.0, standardError: time.1)
  }
  return BenchmarkRow(
    environment: "push", method: method, backbone: backbone, seeds: 3, metrics: metrics)
}

/// The definitions that the tests' results have.
private let metrics = [
  MetricDefinition("success", title: "Success", better: .up, decimals: 3, "done"),
  MetricDefinition("time_wasserstein", title: "Time W1", better: .down, decimals: 2, "a | b"),
  MetricDefinition("unused", title: "Unused", better: .up, decimals: 2, "nobody has it"),
]

@Suite struct ResultsTests {
  let results: BenchmarkResults

  init() throws {
    results = try BenchmarkResults(
      protocol: BenchmarkProtocol(
        entries: [.init("seeds", "3"), .init("initial states", "reset seeds 7…106")]),
      metrics: metrics,
      rows: [
        row("mse", success: (0.125, 0.02), time: (40.5, 3.25)),
        row("diffusion", success: (0.9, 0.0125), time: (5, 0.5)),
        row("demonstrations", backbone: "-", success: (1, nil), time: nil),
      ])
  }

  @Test func `terminal table`() {
    let expected = """
      push                 Success ↑      Time W1 ↓
      ──────────────────────────────────────────────
      mse · mlp        0.125 ± 0.020   40.50 ± 3.25
      diffusion · mlp  0.900 ± 0.013*   5.00 ± 0.50*
      demonstrations           1.000              –

      seeds           3
      initial states  reset seeds 7…106
      Success         done
      Time W1         a | b

      """
    #expect(results.text(width: 100) == expected)
  }

  @Test func `nothing is best where all are alike`() {
    var results = results
    results.rows[1].metrics["success"] = results.rows[0].metrics["success"]
    let lines = results.text(width: 100).split(separator: "\n")
    #expect(lines[2].contains("0.125 ± 0.020   40.50"))
    #expect(lines[3].contains("0.125 ± 0.020    5.00 ± 0.50*"))
    #expect(!results.markdown().contains("**0.125"))
  }

  @Test func `a narrow terminal gets one table below another`() {
    let lines = results.text(width: 40).split(separator: "\n").map(String.init)
    #expect(lines[0] == "push                 Success ↑")
    #expect(lines[5] == "push                Time W1 ↓")
    #expect(lines.allSatisfy { $0.count <= 40 })
  }

  @Test func `Markdown`() {
    let expected = """
      ### push

      | | Success ↑ | Time W1 ↓ |
      |---|---:|---:|
      | mse · mlp | 0.125 ± 0.020 | 40.50 ± 3.25 |
      | diffusion · mlp | **0.900 ± 0.013** | **5.00 ± 0.50** |
      | demonstrations | 1.000 | – |

      Mean ± standard error over training seeds; bold is the best of a column, the demonstrations \
      (what is imitated) apart.

      - **seeds**: 3
      - **initial states**: reset seeds 7…106
      - **Success** (`success`): done
      - **Time W1** (`time_wasserstein`): a \\| b

      """
    #expect(results.markdown() == expected)
  }

  @Test func `comma-separated values, quoted where they need it`() throws {
    var results = results
    results.protocol.entries[1].value = "say \"7, 8\""
    let summary = try MetricSummary(of: [0.1, 0.125, 0.15])
    results.rows[0].metrics["success"] = summary
    let interval = try #require(summary.interval)
    let error = try #require(summary.standardError)
    let lines = results.csv().split(separator: "\r\n").map(String.init)
    #expect(
      lines == [
        "environment,method,backbone,seeds,success,success_standard_error,success_low,success_high,"
          + "time_wasserstein,time_wasserstein_standard_error,time_wasserstein_low,"
          + "time_wasserstein_high",
        "push,mse,mlp,3,\(summary.mean),\(error),\(interval.low),\(interval.high),40.5,3.25,,",
        "push,diffusion,mlp,3,0.9,0.0125,,,5.0,0.5,,",
        "push,demonstrations,-,3,1.0,,,,,,,",
        "# seeds,3",
        "# initial states,\"say \"\"7, 8\"\"\"",
        "# success,done",
        "# time_wasserstein,a | b",
      ])
  }

  @Test func `JSON has the promised form and comes back`() throws {
    let data = try results.json()
    let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    #expect(Set(object.keys) == ["protocol", "metrics", "rows"])
    let rows = try #require(object["rows"] as? [[String: Any]])
    #expect(Set(rows[0].keys) == ["environment", "method", "backbone", "seeds", "metrics"])
    #expect(rows.last?["method"] as? String == "demonstrations")
    let metrics = try #require(rows[0]["metrics"] as? [String: [String: Any]])
    #expect(metrics["success"]?["mean"] as? Double == 0.125)
    #expect(metrics["success"]?["standard_error"] as? Double == 0.02)
    let protocolObject = try #require(object["protocol"] as? [String: Any])
    #expect(protocolObject["initial_states"] as? String == "reset seeds 7…106")

    let back = try JSONDecoder().decode(BenchmarkResults.self, from: data)
    #expect(back.rows == results.rows)
    #expect(Set(back.protocol.entries) == Set(results.protocol.entries))
    #expect(back.metrics == results.metrics && back.metrics.count == 2)
    let alone = String(decoding: data, as: UTF8.self)
    #expect(alone.contains("\"standard_error\" : null"))
  }

  @Test func `a summary is the mean and the standard error of the mean`() throws {
    // s² of 1, 2, 6 is 7; √(7/3).
    let summary = try MetricSummary(of: [1, 2, 6])
    #expect(summary.mean == 3)
    expectClose(summary.standardError ?? 0, (7.0 / 3).squareRoot(), relative: 1e-12)
    #expect(summary.interval == (try StudentInterval(of: [1, 2, 6])))
    let single = try MetricSummary(of: [4])
    #expect(single.standardError == nil && single.interval == nil)
    #expect(throws: MetricError.self) { try MetricSummary(of: []) }
  }

  @Test(arguments: [
    (0.0, 2, "0.00"), (-0.001, 2, "0.00"), (-1.25, 1, "-1.3"), (12.345, 0, "12"),
    (0.0625, 3, "0.063"), (1e15, 1, "1000000000000000.0"), (.infinity, 1, "inf"),
  ])
  func `numbers have fixed decimals`(value: Double, decimals: Int, text: String) {
    #expect(MetricSummary(mean: value, standardError: nil).text(decimals: decimals) == text)
  }

  @Test func `results of version 0.1 say in the protocol what their metrics are`() throws {
    let text = """
      {"protocol": {"seeds": "3", "metrics": {"on_toy": "lands on a toy", "success": "done"}},
       "rows": [{"environment": "claw", "method": "mse", "backbone": "mlp", "seeds": 3, "metrics":
         {"on_toy": {"mean": 0.5, "standard_error": 0.1},
          "success": {"mean": 1, "standard_error": 0, "wilson_interval": {"low": 0.9, "high": 1}}}}]}
      """
    let old = try JSONDecoder().decode(BenchmarkResults.self, from: Data(text.utf8))
    #expect(old.metrics.map(\.key) == ["success", "on_toy"])
    #expect(old.metrics.map(\.title) == ["Success", "on_toy"])
    #expect(old.metrics[1].definition == "lands on a toy")
    #expect(old.protocol.entries == [.init("seeds", "3")])
    #expect(old.rows[0].metrics["success"]?.interval == nil)
  }

  @Test func `a value of no metric is refused, with the nearest key`() {
    let error = #expect(throws: UnknownName.self) {
      try BenchmarkResults(
        protocol: BenchmarkProtocol(entries: []),
        metrics: [Metric.success, .density].map(\.definition),
        rows: [
          BenchmarkRow(
            environment: "push", method: "mse", backbone: "mlp", seeds: 1,
            metrics: ["succes": MetricSummary(mean: 1, standardError: nil)])
        ])
    }
    #expect(
      error?.description
        == "unknown metric 'succes' (did you mean 'success'?); known: success, density")
  }

  @Test func `columns have one order, the task's own before the time`() {
    let own = Metric("own", title: "Own", better: .down, decimals: 1, "ours") { _ in nil }
    #expect(
      Metric.standard(subtasks: 11, own: [own]).map(\.key)
        == ["success"] + (1...11).map { "tasks_at_least_\($0)" } + [
          "reward_max", "reward_final", "tasks_wasserstein", "time_wasserstein",
          "state_wasserstein", "density", "coverage", "behaviour_entropy", "action_wasserstein",
          "action_density", "action_coverage", "own", "decision_milliseconds",
        ])
    #expect(Metric.tasksAtLeast(3).definition.heading == "Tasks ≥ 3 ↑")
    #expect(Metric.actionWasserstein.definition.direction == .down)
  }
}
