import Demonstrations
import EnvironmentInterface
import Evaluation
import Foundation
import Imitation
import Naming
import Synchronization
import Testing

@Suite struct BenchmarkTests {
  @Test func `a benchmark measures every cell, and the demonstrations last`() throws {
    try withTemporaryFolder { folder in
      let trainer = FakeTrainer()
      let results = try walkBenchmark().run(trainer: trainer, output: folder)
      #expect(trainer.trainedCells.count == 4)
      #expect(results.rows.map(\.method) == ["good", "idle", "demonstrations"])
      #expect(results.rows.allSatisfy { $0.seeds == 2 && $0.environment == "walk" })
      // In the order of the columns; the walk brings two metrics of its own.
      let expected = [
        "success", "tasks_at_least_1", "tasks_at_least_2", "reward_max", "reward_final",
        "tasks_wasserstein", "time_wasserstein", "state_wasserstein", "density", "coverage",
        "behaviour_entropy", "action_wasserstein", "action_density", "action_coverage", "on_step",
        "step_coverage", "decision_milliseconds",
      ]
      #expect(results.metrics.map(\.key) == expected)
      #expect(Set(results.rows[0].metrics.keys) == Set(expected))
      #expect(Set(results.rows[2].metrics.keys) == Set(expected.dropLast()))

      let idle = results.rows[1].metrics
      #expect(idle["success"]?.mean == 0 && idle["success"]?.interval?.high == 0)
      #expect(idle["tasks_wasserstein"]?.mean == 2)
      #expect(idle["behaviour_entropy"]?.mean == 0)
      let demonstrations = results.rows[2].metrics
      #expect(demonstrations["success"]?.mean == 1)
      #expect(demonstrations["step_coverage"]?.mean == 1)
      for key in ["state_wasserstein", "time_wasserstein", "action_wasserstein"] {
        let good = try #require(results.rows[0].metrics[key]?.mean)
        let best = try #require(demonstrations[key]?.mean)
        let worst = try #require(idle[key]?.mean)
        #expect(best < good && good < worst, "\(key): \(best), \(good), \(worst)")
      }

      let stated = results.protocol.entries.map(\.name)
      for name in [
        "seeds", "rollouts", "initial states", "sampler", "demonstrations of walk",
        "package version",
      ] { #expect(stated.contains(name)) }
      for file in [
        "results.json", "results.md", "results.csv", "configuration.json", "walk-rollout.png",
        "cells/walk-good-mlp-1.json", "cells/walk-demonstrations-0.json",
      ] {
        #expect(FileManager.default.fileExists(atPath: "\(folder)/\(file)"), "\(file)")
      }
      let json = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/results.json"))
      #expect(try JSONDecoder().decode(BenchmarkResults.self, from: json).rows == results.rows)
    }
  }

  @Test func `pairs of methods and networks may be compared alone`() throws {
    var benchmark = try walkBenchmark()
    benchmark.configuration.backbones = ["mlp", "sieve"]
    benchmark.configuration.pairs = ["good sieve", "idle mlp"]
    let cells = try benchmark.cells(trainer: FakeTrainer())
    #expect(
      cells.filter { $0.seed == 0 }.map { "\($0.method) \($0.backbone)" }
        == ["good sieve", "idle mlp", "demonstrations -"])
    benchmark.configuration.pairs = ["good dit"]
    #expect(throws: EvaluationError.self) { try benchmark.configuration.check() }
  }

  @Test(arguments: [1, 2])
  func `a killed benchmark goes on at the first missing cell`(jobs: Int) throws {
    struct Killed: Error {}
    try withTemporaryFolder { folder in
      let first = FakeTrainer()
      var benchmark = try walkBenchmark()
      (benchmark.jobs, benchmark.threads) = (jobs, jobs)
      let finished = Mutex<Set<BenchmarkCell>>([])
      #expect(throws: Killed.self) {
        try benchmark.run(trainer: first, output: folder) { event in
          if case .finished(let cell, _) = event { finished.withLock { _ = $0.insert(cell) } }
          if finished.withLock({ $0.count == 2 }) { throw Killed() }
        }
      }
      let second = FakeTrainer()
      let reused = Mutex<Set<BenchmarkCell>>([])
      try benchmark.run(trainer: second, output: folder) { event in
        if case .reused(let cell) = event { reused.withLock { _ = $0.insert(cell) } }
      }
      let kept = reused.withLock { $0 }
      // Another cell may have been written before it heard of the end.
      #expect(kept.isSuperset(of: finished.withLock { $0 }))
      #expect((2...(1 + jobs)).contains(kept.count), "\(kept)")
      #expect(second.trainedCells.count + kept.count(where: { !$0.isDemonstrations }) == 4)
      #expect(Set(second.trainedCells).isDisjoint(with: kept))

      let third = FakeTrainer()
      try benchmark.run(trainer: third, output: folder)
      #expect(third.trainedCells.isEmpty)
    }
  }

  @Test func `cells of other conditions are computed anew, others kept`() throws {
    try withTemporaryFolder { folder in
      try walkBenchmark().run(trainer: FakeTrainer(), output: folder)
      func trained(
        _ benchmark: Benchmark, _ trainer: FakeTrainer = FakeTrainer()
      ) throws -> Int {
        try benchmark.run(trainer: trainer, output: folder)
        return trainer.trainedCells.count
      }
      var wider = try walkBenchmark()
      wider.configuration.seeds = 3
      #expect(try trained(wider) == 2, "only the new seed")
      var longer = try walkBenchmark()
      longer.configuration.episodes = 21
      #expect(try trained(longer) == 4)
      #expect(try trained(walkBenchmark(digest: "other")) == 4)
      #expect(try trained(walkBenchmark(), FakeTrainer(learningRate: 0.2)) == 4)
      let cell = URL(fileURLWithPath: "\(folder)/cells/walk-idle-mlp-0.json")
      try Data(contentsOf: cell).prefix(100).write(to: cell)
      #expect(try trained(walkBenchmark(), FakeTrainer(learningRate: 0.2)) == 1, "a torn file")
    }
  }

  @Test func `the numbers are the same in every run`() throws {
    let metrics = try (0..<2).map { _ in
      try withTemporaryFolder { folder in
        try walkBenchmark().run(trainer: FakeTrainer(), output: folder).rows.map { row in
          row.metrics.filter { $0.key != "decision_milliseconds" }
        }
      }
    }
    #expect(metrics[0] == metrics[1])
  }

  @Test func `configurations have defaults, and unknown keys are refused by name`() throws {
    func decode(_ text: String) throws -> BenchmarkConfiguration {
      try JSONDecoder().decode(BenchmarkConfiguration.self, from: Data(text.utf8))
    }
    let task = #"{"environment": "push", "demonstrations": "push.hdf5"}"#
    let configuration = try decode(#"{"environments": [\#(task)], "rolloutSeed": 7}"#)
    #expect(configuration.rolloutSeed == 7 && configuration.seeds == 3)
    #expect(configuration.methods == ["mse", "diffusion"])
    let error = #expect(throws: UnknownName.self) {
      try decode(#"{"environments": [\#(task)], "epsiodes": 7}"#)
    }
    #expect(error?.description.contains("'epsiodes' (did you mean 'episodes'?)") == true)
    var bad = configuration
    bad.episodes = 0
    #expect(throws: EvaluationError.self) { try bad.check() }
    bad = configuration
    bad.methods = ["mse", "mse"]
    #expect(throws: EvaluationError.self) { try bad.check() }
    bad = configuration
    bad.environments[0].training = Settings(path: "policy.backbone.kind", .text("mlp"))
    let chosen = #expect(throws: EvaluationError.self) { try bad.check() }
    #expect(
      chosen?.description == "'training' of push must not set 'policy.backbone.kind': the "
        + "benchmark's 'backbones' choose it")
  }

  @Test func `folders that cannot be made are refused in words`() throws {
    let error = #expect(throws: EvaluationError.self) {
      try walkBenchmark().run(trainer: FakeTrainer(), output: "/proc/results")
    }
    #expect(
      error?.description == "/proc/results/cells: cannot be made: No such file or directory")
  }

  @Test func `a task brings metrics of its own; two of one key that differ are refused`() throws {
    func own(_ title: String) -> Metric {
      Metric("steps", title: title, better: .down, decimals: 1, "mean length of an episode") {
        material in
        Double(material.rollouts.reduce(0) { $0 + $1.count }) / Double(material.rollouts.count)
      }
    }
    try withTemporaryFolder { folder in
      var benchmark = try walkBenchmark()
      benchmark.tasks[0].metrics.append(own("Steps"))
      benchmark.configuration.methods = ["idle"]
      let results = try benchmark.run(trainer: FakeTrainer(), output: folder)
      #expect(results.metrics.suffix(2).map(\.key) == ["steps", "decision_milliseconds"])
      // Who stands still is never done.
      #expect(results.rows[0].metrics["steps"]?.mean == Double(WalkEnvironment.limit))
      let walked = try #require(results.rows[1].metrics["steps"]?.mean)
      #expect(walked > 1 && walked < Double(WalkEnvironment.limit))
      #expect(results.markdown().contains("Steps ↓"))

      benchmark.tasks.append(benchmark.tasks[0])
      benchmark.tasks[1].metrics = [own("Length")]
      #expect(throws: EvaluationError.ambiguousMetric(key: "steps")) {
        try benchmark.run(trainer: FakeTrainer(), output: folder)
      }
    }
  }

  @Test func `a configuration has keys with underscores, and is read as version 0.1 wrote it`()
    throws
  {
    let old = """
      {"environments": [{"environment": "push", "demonstrations": "a.hdf5"}], "decisionDraws": 7,
       "decisionObservations": 3, "metricSeed": 4, "rolloutSeed": 5,
       "methodTraining": {"mse": {"steps": 9}}}
      """
    let read = try JSONDecoder().decode(BenchmarkConfiguration.self, from: Data(old.utf8))
    #expect(read.decisionDraws == 7 && read.decisionObservations == 3)
    #expect(read.metricSeed == 4 && read.rolloutSeed == 5)
    #expect(read.methodTraining["mse"]?.value(at: "steps") == .integer(9))
    let written = try JSONEncoder().encode(read)
    let object = try #require(try JSONSerialization.jsonObject(with: written) as? [String: Any])
    #expect(object["decision_draws"] as? Int == 7 && object["metric_seed"] as? Int == 4)
    #expect(object.keys.allSatisfy { !$0.contains { $0.isUppercase } })
    #expect(try JSONDecoder().decode(BenchmarkConfiguration.self, from: written) == read)
    let unknown = old.replacing("metricSeed", with: "metricSead")
    let error = #expect(throws: UnknownName.self) {
      try JSONDecoder().decode(BenchmarkConfiguration.self, from: Data(unknown.utf8))
    }
    #expect(error?.description.contains("did you mean 'metric_seed'?") == true)
  }
}
