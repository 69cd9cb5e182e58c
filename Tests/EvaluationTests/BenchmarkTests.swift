import Naming
import Demonstrations
import EnvironmentInterface
import Evaluation
import Foundation
import Imitation
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
      let expected: Set = [
        "success", "tasks_at_least_1", "tasks_at_least_2", "tasks_wasserstein",
        "time_wasserstein", "state_wasserstein", "density", "coverage", "behaviour_entropy",
        "reward_max", "reward_final", "action_wasserstein", "action_density", "action_coverage",
        "on_toy", "toy_coverage", "decision_milliseconds",
      ]
      #expect(Set(results.rows[0].metrics.keys) == expected)
      #expect(Set(results.rows[2].metrics.keys) == expected.subtracting(["decision_milliseconds"]))

      let idle = results.rows[1].metrics
      #expect(idle["success"]?.mean == 0 && idle["success"]?.interval?.low == 0)
      #expect(idle["tasks_wasserstein"]?.mean == 2)
      #expect(idle["behaviour_entropy"]?.mean == 0)
      let demonstrations = results.rows[2].metrics
      #expect(demonstrations["success"]?.mean == 1)
      #expect(demonstrations["toy_coverage"]?.mean == 1)
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
      #expect(Set(results.protocol.definitions.keys) == expected)
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
}
