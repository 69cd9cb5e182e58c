import Foundation
import Testing

/// The number of threads changes nothing but the time, in the files that people compare.
@Suite struct ReproducibilityTests {
  let folder: Scratch

  init() throws {
    folder = try Scratch()
    try run("record --environment push --expert --episodes 6 --output push.hdf5")
  }

  @discardableResult
  private func run(_ line: String) throws -> Tool.Result {
    let result = try Tool.run(line.split(separator: " ").map(String.init), in: folder)
    #expect(result.status == 0, "\(line): \(result.errors)")
    return result
  }

  @Test(arguments: ["mlp", "sieve", "transformer"])
  func `train leaves the same model on 1, 2 and 7 threads`(backbone: String) throws {
    // Several blocks of rows, of which the last is short.
    let models = try [1, 2, 7].map { threads in
      try run(
        "train --demos push.hdf5 --output run-\(threads) --backbone \(backbone) --batch 530 "
          + "--steps 4 --threads \(threads)"
          + (backbone == "transformer" ? "" : " --hidden-width 72"))
      return try Data(
        contentsOf: URL(fileURLWithPath: folder.file("run-\(threads)/model.safetensors")))
    }
    #expect(models[0] == models[1] && models[0] == models[2])
  }

  @Test func `benchmark comes to the same table whatever its threads and jobs`() throws {
    let tables = try [(1, 1), (2, 1), (7, 3)].map { threads, jobs in
      let output = "results-\(threads)-\(jobs)"
      try run(
        "benchmark --environment push --demos push.hdf5 --methods mse,diffusion --seeds 2 "
          + "--episodes 3 --set steps=8 --set batch=40 --set policy.schedule.steps=4 "
          + "--output \(output) --threads \(threads) --jobs \(jobs)")
      return try table(output)
    }
    #expect(tables[0].count > 2)
    #expect(tables[0] == tables[1] && tables[0] == tables[2])
  }

  /// The rows of the table without the column of times.
  private func table(_ output: String) throws -> [[String]] {
    let text = try String(contentsOfFile: folder.file("\(output)/results.csv"), encoding: .utf8)
    let lines = text.split(whereSeparator: \.isNewline).prefix { !$0.hasPrefix("#") }
    let rows = lines.map { $0.components(separatedBy: ",") }
    let titles = try #require(rows.first)
    let times = titles.indices.filter { titles[$0].contains("decision_milliseconds") }
    #expect(!times.isEmpty)
    return rows.map { row in row.indices.filter { !times.contains($0) }.map { row[$0] } }
  }
}
