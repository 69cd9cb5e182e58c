import Evaluation
import Foundation
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

private let results = BenchmarkResults(
  protocol: BenchmarkProtocol(
    entries: [.init("seeds", "3"), .init("initial states", "reset seeds 7…106")],
    definitions: ["time_wasserstein": "a | b", "success": "done"]),
  rows: [
    row("mse", success: (0.125, 0.02), time: (40.5, 3.25)),
    row("diffusion", success: (0.9, 0.0125), time: (5, 0.5)),
    row("demonstrations", backbone: "-", success: (1, nil), time: nil),
  ])

@Suite struct ResultsTests {
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

  @Test func `comma-separated values, quoted where they need it`() {
    var results = results
    results.protocol.entries[1].value = "say \"7, 8\""
    let lines = results.csv().split(separator: "\r\n").map(String.init)
    #expect(
      lines == [
        "environment,method,backbone,seeds,success,success_standard_error,time_wasserstein,"
          + "time_wasserstein_standard_error",
        "push,mse,mlp,3,0.125,0.02,40.5,3.25",
        "push,diffusion,mlp,3,0.9,0.0125,5.0,0.5",
        "push,demonstrations,-,3,1.0,,,",
        "# seeds,3",
        "# initial states,\"say \"\"7, 8\"\"\"",
        "# success,done",
        "# time_wasserstein,a | b",
      ])
  }

  @Test func `JSON has the promised form and comes back`() throws {
    let data = try results.json()
    let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    #expect(Set(object.keys) == ["protocol", "rows"])
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
    #expect(back.protocol.definitions == results.protocol.definitions)
    let alone = String(decoding: data, as: UTF8.self)
    #expect(alone.contains("\"standard_error\" : null"))
  }

  @Test func `a summary is the mean and the standard error of the mean`() throws {
    // s² of 1, 2, 6 is 7; √(7/3).
    let summary = try MetricSummary(of: [1, 2, 6])
    #expect(summary.mean == 3)
    expectClose(summary.standardError ?? 0, (7.0 / 3).squareRoot(), relative: 1e-12)
    #expect(try MetricSummary(of: [4]).standardError == nil)
    #expect(throws: MetricError.self) { try MetricSummary(of: []) }
  }

  @Test(arguments: [
    (0.0, 2, "0.00"), (-0.001, 2, "0.00"), (-1.25, 1, "-1.3"), (12.345, 0, "12"),
    (0.0625, 3, "0.063"), (1e15, 1, "1000000000000000.0"), (.infinity, 1, "inf"),
  ])
  func `numbers have fixed decimals`(value: Double, decimals: Int, text: String) {
    #expect(MetricSummary(mean: value, standardError: nil).text(decimals: decimals) == text)
  }

  @Test func `columns have one order, and every promised key has a definition`() {
    let keys = [
      "decision_milliseconds", "tasks_at_least_10", "density", "tasks_at_least_2", "success",
      "own_metric", "tasks_wasserstein",
    ]
    #expect(
      Metric.ordered(keys).map(\.key) == [
        "success", "tasks_at_least_2", "tasks_at_least_10", "tasks_wasserstein", "density",
        "decision_milliseconds", "own_metric",
      ])
    for key in [
      "success", "tasks_at_least_1", "tasks_wasserstein", "time_wasserstein", "state_wasserstein",
      "density", "coverage", "behaviour_entropy", "reward_max", "reward_final",
      "action_wasserstein", "on_toy", "toy_coverage", "decision_milliseconds",
    ] {
      #expect(!Metric(key: key).definition.isEmpty, "\(key)")
    }
    #expect(Metric(key: "tasks_at_least_3").heading == "Tasks ≥ 3 ↑")
    #expect(Metric(key: "action_wasserstein").direction == .down)
  }
}
