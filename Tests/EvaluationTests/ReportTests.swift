import EnvironmentInterface
import Evaluation
import Foundation
import Testing

@Suite struct ReportTests {
  private func page(_ folder: String) throws -> String {
    try String(contentsOfFile: "\(folder)/report.html", encoding: .utf8)
  }

  private func report(_ folder: String) throws -> BenchmarkReport {
    try BenchmarkReport(contentsOf: folder) { description in
      #expect(description.name == "walk")
      return WalkEnvironment()
    }
  }

  @Test func `the page holds everything itself, and the same results give the same bytes`() throws {
    try withTemporaryFolder { folder in
      var benchmark = try walkBenchmark()
      benchmark.circumstances = [.init("date", "1970-01-01 00:00 UTC"), .init("machine", "<m>")]
      let results = try benchmark.run(trainer: FakeTrainer(), output: folder)
      let page = try page(folder)
      #expect(try report(folder).html() == page)
      #expect(page.contains("1970-01-01 00:00 UTC · &lt;m&gt;"))

      // Nothing is loaded: no address but SVG's name, no reference out of the page.
      let addresses = page.matches(of: /https?:[^"']*/).map { String($0.output) }
      #expect(Set(addresses) == ["http://www.w3.org/2000/svg"])
      #expect(page.matches(of: /(src|href)="(?!#)/).isEmpty)
      #expect(!page.contains("@import") && !page.contains("url("))

      // Every name that is referred to is there, once.
      let names = page.matches(of: #/ id="([^"]+)"/#).map { String($0.output.1) }
      #expect(Set(names).count == names.count, "\(names)")
      for match in page.matches(of: /href="#([^"]+)"/) {
        #expect(names.contains(String(match.output.1)), "\(match.output.1)")
      }

      // A line for each row, with the mean that sorts it, and the seeds' values.
      let rows = page.matches(of: /<tr><th scope="row"/)
      #expect(rows.count == results.rows.count)
      for row in results.rows {
        for (key, summary) in row.metrics {
          #expect(page.contains("data-value=\"\(summary.mean)\""), "\(row.method) \(key)")
        }
      }
      #expect(page.contains("interval over trainings 1.000…1.000; seed 0: 1.000, seed 1: 1.000\""))
      #expect(page.contains("<svg") && page.contains("one rollout, in per cent"))
    }
  }

  @Test func `a report can be made again, and failures stand in it`() throws {
    try withTemporaryFolder { folder in
      var benchmark = try walkBenchmark()
      benchmark.configuration.methods = ["good", "diverging"]
      try benchmark.run(trainer: FakeTrainer(), output: folder)
      let before = try page(folder)
      #expect(before.contains("missing: walk diverging mlp seed 0: the loss is no longer finite"))
      try FileManager.default.removeItem(atPath: "\(folder)/report.html")
      let paths = try report(folder).write()
      #expect(paths.last == "\(folder)/report.html")
      #expect(try page(folder) == before)
    }
  }

  @Test func `a folder without results says what is missing`() throws {
    try withTemporaryFolder { folder in
      let error = #expect(throws: EvaluationError.self) { try report(folder) }
      #expect(
        error?.description == "\(folder) has no results.json of a finished benchmark",
        "\(String(describing: error))")
      let none = #expect(throws: EvaluationError.self) { try BenchmarkCollection([folder]) }
      #expect(none?.description.hasPrefix("\(folder) has no finished cells of a benchmark") == true)
      try walkBenchmark().run(trainer: FakeTrainer(), output: folder)
      let (results, aside) = ("\(folder)/results.json", "\(folder)/aside.json")
      try FileManager.default.moveItem(atPath: results, toPath: aside)
      let unfinished = #expect(throws: EvaluationError.self) { try report(folder) }
      #expect(unfinished?.description.contains("--collect \(folder) makes a table") == true)
      try FileManager.default.moveItem(atPath: aside, toPath: results)
      let cell = "\(folder)/cells/walk-idle-mlp-1.json"
      try Data("{".utf8).write(to: URL(fileURLWithPath: cell))
      let other = #expect(throws: EvaluationError.self) { try report(folder) }
      #expect(other?.description.hasPrefix("\(cell): is not what a benchmark") == true)
    }
  }
}
