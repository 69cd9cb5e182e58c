import Foundation
import Testing

/// A benchmark of policies far too small to be good.
@Suite struct BenchmarkTests {
  let folder: Scratch

  init() throws {
    folder = try Scratch()
    let recorded = try run("record --environment push --expert --episodes 6 --output push.hdf5")
    #expect(recorded.status == 0, "\(recorded.errors)")
    try write(
      "a.yaml",
      """
      methods: [mse, diffusion]
      seeds: 2
      episodes: 2
      training: {steps: 9, batch: 16, policy: {backbone: {hidden_width: 8, depth: 1}}}
      environments:
        - environment: push
          demonstrations: push.hdf5
          training: {steps: 10, policy: {schedule: {steps: 4}}}
      """)
  }

  private func run(
    _ line: String, whileRunning: (Process) throws -> Void = { _ in }
  ) throws -> Tool.Result {
    try Tool.run(
      line.split(separator: " ").map(String.init), in: folder, whileRunning: whileRunning)
  }

  private func write(_ file: String, _ text: String) throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: folder.file(file)))
  }

  private func names(_ path: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.file(path)).sorted()
  }

  /// The results without what a clock decides.
  private func results(_ text: String) throws -> NSDictionary {
    let json = try JSONSerialization.jsonObject(with: Data(text.utf8))
    var results = try #require(json as? [String: Any])
    var stated = try #require(results["protocol"] as? [String: Any])
    for key in ["command", "date", "machine"] {
      #expect(stated.removeValue(forKey: key) is String, "\(key)")
    }
    results["protocol"] = stated
    let rows = try #require(results["rows"] as? [[String: Any]])
    results["rows"] = try rows.map { row in
      var row = row
      var metrics = try #require(row["metrics"] as? [String: Any])
      metrics["decision_milliseconds"] = nil
      row["metrics"] = metrics
      return row
    }
    return results as NSDictionary
  }

  @Test func `a benchmark that was killed reuses its cells and ends in the same results`() throws {
    let whole = try run("benchmark --config a.yaml --output whole --threads 1 --json")
    #expect(whole.status == 0, "\(whole.errors)")
    #expect(
      try names("whole") == [
        "cells", "checkpoints", "configuration.json", "push-learning.png", "push-paths.png",
        "push-rollout.png", "report.html", "results.csv", "results.json", "results.md",
      ])
    let page = try Data(contentsOf: URL(fileURLWithPath: folder.file("whole/report.html")))
    try FileManager.default.removeItem(atPath: folder.file("whole/report.html"))
    let remade = try run("benchmark --output whole --report-only --json")
    #expect(remade.status == 0, "\(remade.errors)")
    #expect(remade.errors.contains("wrote whole/report.html"))
    #expect(try results(remade.output) == results(whole.output))
    #expect(try Data(contentsOf: URL(fileURLWithPath: folder.file("whole/report.html"))) == page)
    #expect(try names("whole/cells").count == 6)
    #expect(try names("whole/checkpoints").count == 4)
    let steps = try run("inspect whole/checkpoints/push-mse-mlp-0")
    #expect(steps.output.contains("mse policy, step 10 of 10"), "\(steps.output)")

    _ = try run("benchmark --config a.yaml --output parts --threads 2") { process in
      let limit = Date(timeIntervalSinceNow: 30)
      // Files that are being written have other names.
      func cells() -> Int {
        ((try? names("parts/cells")) ?? []).count { $0.hasSuffix(".json") }
      }
      while process.isRunning, limit > Date(), cells() < 2 {
        Thread.sleep(forTimeInterval: 0.002)
      }
      kill(process.processIdentifier, SIGKILL)
    }
    let resumed = try run("benchmark --config a.yaml --output parts --jobs 3 --json")
    #expect(resumed.status == 0, "\(resumed.errors)")
    #expect(resumed.errors.components(separatedBy: "is there already").count > 1)
    #expect(try results(resumed.output) == results(whole.output))
    let again = try run("benchmark --config a.yaml --output parts")
    #expect(again.errors.components(separatedBy: "is there already").count == 7)
    #expect(again.output.contains("demonstrations"))
  }

  @Test func `Ctrl-C saves every training that is going on`() throws {
    let line = "benchmark --config a.yaml --output long --jobs 2 --set steps=100000000"
    let stopped = try run(line) { process in
      let limit = Date(timeIntervalSinceNow: 30)
      while process.isRunning, limit > Date(), ((try? names("long")) ?? []).isEmpty {
        Thread.sleep(forTimeInterval: 0.01)
      }
      Thread.sleep(forTimeInterval: 1.5)
      process.interrupt()
    }
    #expect(stopped.status == 130, "\(stopped.errors)")
    #expect(stopped.errors.contains("the same command continues from there"))
    let trainings = try names("long/checkpoints")
    #expect(trainings == ["push-mse-mlp-0", "push-mse-mlp-1"])
    for training in trainings {
      let inspected = try run("inspect long/checkpoints/\(training) --verify")
      #expect(inspected.output.contains("can be continued"), "\(inspected.errors)")
    }
    #expect(try names("long/cells") == [])
  }

  @Test func `a sweep of sampling shares one training, and any setting can be set`() throws {
    let swept = try run(
      "benchmark --environment push --demos push.hdf5 --methods mse,diffusion,diffusion-x "
        + "--seeds 2 --episodes 1 --steps 5 --jobs 2 --set batch=8 --set policy.backbone.depth=1 "
        + "--set policy.schedule.steps=6 --sweep policy.sampler.times.count=2,6 --output swept --json"
    )
    #expect(swept.status == 0, "\(swept.errors)")
    #expect(
      try names("swept/checkpoints") == [
        "push-diffusion-mlp-0", "push-diffusion-mlp-1", "push-mse-mlp-0", "push-mse-mlp-1",
      ])
    let json = try results(swept.output)
    let rows = try #require(json["rows"] as? [[String: Any]])
    let counts = rows.map { ($0["variant"] as? [String: Int])?["policy.sampler.times.count"] }
    #expect(counts == [nil, 2, 6, 2, 6, nil])
    let inspected = try run("inspect swept/checkpoints/push-diffusion-mlp-1 --json")
    #expect(inspected.output.contains("\"batch\" : 8"))
    #expect(swept.errors.contains("wrote swept/push-sweep-policy.sampler.times.count.png"))
  }

  @Test func `a training that diverges is missing in the table, and the status says so`() throws {
    let broken = try run(
      "benchmark --environment push --demos push.hdf5 --methods mse,diffusion --seeds 1 "
        + "--episodes 1 --steps 60 --set batch=8 --set learning_rate.warmup_steps=0 "
        + "--sweep learning_rate.peak=0.001,1e30 --output broken")
    #expect(broken.status == 1, "\(broken.errors)")
    #expect(
      broken.errors.contains("cells of the benchmark failed: push mse mlp (learning_rate.peak"))
    #expect(broken.output.contains("missing: push mse mlp (learning_rate.peak"))
    #expect(broken.output.contains("the loss is no longer finite at step"))
  }

  @Test func `settings that cannot be are refused by name`() throws {
    let push = "environments: [{environment: push, demonstrations: push.hdf5"
    for (text, status, expected) in [
      ("\(push)}]\nepisods: 3", 64, "'episods' (did you mean 'episodes'?)"),
      ("\(push)}]\nepisodes: many", 64, "episodes: must be a whole number"),
      ("\(push)}]\nseeds: 0", 64, "'seeds' is 0, expected at least 1"),
      ("\(push)}]\nmethods: [msy]", 64, "unknown method 'msy' (did you mean 'mse'?)"),
      ("\(push), trainin: {}}]", 64, "'trainin' (did you mean 'training'?)"),
      ("\(push), training: {stepz: 3}}]", 64, "'stepz' (did you mean 'steps'?)"),
      ("\(push), training: {steps: 0.5}}]", 64, "steps is 0.5, but must be a whole number"),
      (
        "\(push), training: {learning_rate: 3}}]", 64,
        "learning_rate is 3, but must be a group of peak, warmup_steps, final_fraction, such as 'learning_rate.peak'"
      ),
      ("\(push), training: {seed: 3}}]", 64, "must not set 'seed': the benchmark's 'seeds'"),
      (
        "\(push)}]\nsweep: {setting: policy.schedule.stesp, values: [1]}", 64,
        "'stesp' (did you mean 'steps'?)"
      ),
      (
        "\(push)}]\nsweep: {setting: steps, values: [1, lots]}", 64, "steps: must be a whole number"
      ),
      (
        "\(push)}]\nsweep: {setting: policy.sampler.times.count, values: [51]}", 64,
        "the number of sampling steps is 51, but must lie in 1…50"
      ),
      ("\(push)", 64, "not YAML at line "),
      ("- 1", 64, "the settings must be a mapping"),
      ("environments: [{environment: push}]", 64, "needs 'demonstrations'"),
      (
        "environments: [{environment: claw, demonstrations: push.hdf5}]", 65,
        "recorded in 'push', not in 'claw'"
      ),
    ] {
      try write("b.yaml", text)
      let result = try run("benchmark --config b.yaml --output b")
      #expect(result.status == status, "\(text): \(result.errors)")
      #expect(result.output.isEmpty)
      #expect(result.errors.hasPrefix("dpolicy: "))
      #expect(result.errors.contains(expected), "\(text): \(result.errors)")
      #expect(!FileManager.default.fileExists(atPath: folder.file("b")))
    }
  }
}
