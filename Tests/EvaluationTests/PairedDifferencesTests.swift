import Evaluation
import Foundation
import PolicyMetrics
import TestSupport
import Testing

@Suite struct `Seeds as units` {
  @Test func `a row differs from the best seed by seed`() throws {
    try withTemporaryFolder { folder in
      var benchmark = try walkBenchmark()
      benchmark.configuration.seeds = 3
      let results = try benchmark.run(trainer: FakeTrainer(), output: folder)
      // From the cells' own files.
      let values = try ["good", "idle"].map { method in
        try (0..<3).map { seed in
          let file = URL(fileURLWithPath: "\(folder)/cells/walk-\(method)-mlp-\(seed).json")
          return try JSONDecoder().decode(CellReport.self, from: Data(contentsOf: file)).metrics
        }
      }
      let (good, idle, demonstrations) = (results.rows[0], results.rows[1], results.rows[2])
      #expect(demonstrations.differences.isEmpty)
      for key in ["success", "state_wasserstein", "action_wasserstein"] {
        #expect(good.differences[key] == nil, "\(key): the best has no difference to itself")
        let difference = try #require(idle.differences[key])
        let each = zip(values[1], values[0]).map { ($0[key] ?? .nan) - ($1[key] ?? .nan) }
        let expected = try MetricSummary(of: each)
        expectClose(difference.mean, expected.mean, relative: 1e-12)
        expectClose(difference.standardError ?? .nan, expected.standardError ?? 0, absolute: 1e-12)
        #expect(difference.interval == (try StudentInterval(of: each)))
      }
      // Less is better of a distance.
      #expect((idle.differences["state_wasserstein"]?.mean ?? 0) > 0)
      #expect((idle.differences["success"]?.mean ?? 0) < 0)
    }
  }

  @Test func `what cannot be told from the best is marked`() throws {
    func row(_ method: String, _ mean: Double, differences: [Double]?) throws -> BenchmarkRow {
      var row = BenchmarkRow(
        environment: "push", method: method, backbone: "mlp", seeds: 3,
        metrics: ["success": MetricSummary(mean: mean, standardError: nil)])
      row.differences["success"] = try differences.map { try MetricSummary(of: $0) }
      return row
    }
    let results = try BenchmarkResults(
      protocol: BenchmarkProtocol(entries: []), metrics: [Metric.success.definition],
      rows: [
        row("best", 0.9, differences: nil),
        // −0.1 ± t₂ · 0.0577 holds 0; −0.1 ± t₂ · 0.0058 does not (t₂ = 4.30).
        row("level", 0.8, differences: [-0.2, -0.1, 0]),
        row("worse", 0.8, differences: [-0.11, -0.1, -0.09]),
      ])
    let lines = results.markdown().split(separator: "\n").map(String.init)
    #expect(lines[3] == "| best · mlp | **0.900** |")
    #expect(lines[4] == "| level · mlp | 0.800 ≈ |")
    #expect(lines[5] == "| worse · mlp | 0.800 |")
    #expect(results.markdown().contains("≈: cannot be told from the best"))
    #expect(results.text().contains("0.800≈"))
    let back = try JSONDecoder().decode(BenchmarkResults.self, from: results.json())
    #expect(back.rows == results.rows)
  }

  @Test func `finished cells are collected without what pictures need`() throws {
    try withTemporaryFolder { folder in
      let (full, kept) = ("\(folder)/full", "\(folder)/kept")
      let results = try walkBenchmark().run(trainer: FakeTrainer(), output: full)
      // As if it had been killed before the last.
      try FileManager.default.removeItem(atPath: "\(full)/cells/walk-idle-mlp-1.json")
      let collection = try BenchmarkCollection([full])
      let collected = try collection.results { _ in WalkEnvironment() }
      let paths = try collection.write(collected, to: kept)
      #expect(paths.map { ($0 as NSString).lastPathComponent }.contains("results.md"))
      #expect(collected.rows.map(\.method) == ["good", "idle", "demonstrations"])
      #expect(collected.rows.map(\.seeds) == [2, 1, 2])
      #expect(collected.rows[0].metrics == results.rows[0].metrics)
      #expect(collected.metrics == results.metrics)
      let cell = try Data(contentsOf: URL(fileURLWithPath: "\(kept)/cells/walk-good-mlp-0.json"))
      #expect(try JSONDecoder().decode(CellReport.self, from: cell).sample.actions.isEmpty)
      // What was kept serves as well as what was left.
      let again = try BenchmarkCollection([kept]).results { _ in WalkEnvironment() }
      #expect(again == collected)
      #expect(throws: EvaluationError.self) { try BenchmarkCollection([folder]) }
    }
  }
}
