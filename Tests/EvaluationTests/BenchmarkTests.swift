import Demonstrations
import EnvironmentInterface
import Evaluation
import Foundation
import Imitation
import Synchronization
import Testing

/// Stands for training: `good` agents walk like ``WalkAgent``, `idle` ones stand still.
private final class FakeTrainer: CellTrainer {
  private let trained = Mutex<[BenchmarkCell]>([])
  let learningRate: Double

  init(learningRate: Double = 0.1) {
    self.learningRate = learningRate
  }

  var trainedCells: [BenchmarkCell] { trained.withLock { $0 } }

  func settings(of cell: BenchmarkCell, in task: BenchmarkTask) throws -> String {
    "\(cell.method) at \(learningRate)"
  }

  func agentFactory(
    of cell: BenchmarkCell, in task: BenchmarkTask
  ) throws -> @Sendable () throws -> any Agent {
    trained.withLock { $0.append(cell) }
    guard cell.method == "good" else { return { IdleAgent() } }
    return { WalkAgent() }
  }

  let protocolEntries = [BenchmarkProtocol.Entry("sampler", "none")]
}

private final class IdleAgent: Agent {
  let observationNames = ["state"]
  let observationHorizon = 1

  func act(_ windows: [ObservationWindow], keys: [DecisionKey]) throws -> [[[Float]]] {
    windows.map { _ in [[0]] }
  }
}

private func walkTask(digest: String = "abc") throws -> BenchmarkTask {
  var demonstrations: [Episode] = []
  try Recorder(episodes: 40, seed: 0, observations: ["state", "image"]).record(
    environment: { WalkEnvironment() }, demonstrator: { _ in WalkDemonstrator() },
    each: { episode, _ in
      demonstrations.append(episode)
      return true
    })
  return try BenchmarkTask(
    environment: { WalkEnvironment() }, demonstrator: { _ in WalkDemonstrator() },
    demonstrations: demonstrations, path: "walk.hdf5", digest: digest)
}

private func walkBenchmark(digest: String = "abc") throws -> Benchmark {
  var configuration = BenchmarkConfiguration(
    environments: [.init(environment: "walk", demonstrations: "walk.hdf5")])
  configuration.methods = ["good", "idle"]
  configuration.seeds = 2
  configuration.episodes = 20
  configuration.decisionObservations = 2
  configuration.decisionDraws = 50
  return try Benchmark(configuration, tasks: [walkTask(digest: digest)], packageVersion: "1.2.3")
}

/// A folder that is gone afterwards.
func withTemporaryFolder<Value>(_ body: (String) throws -> Value) throws -> Value {
  let path = NSTemporaryDirectory() + "evaluation-\(UUID().uuidString)"
  defer { try? FileManager.default.removeItem(atPath: path) }
  return try body(path)
}

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

  @Test func `a killed benchmark goes on at the first missing cell`() throws {
    struct Killed: Error {}
    try withTemporaryFolder { folder in
      let first = FakeTrainer()
      #expect(throws: Killed.self) {
        try walkBenchmark().run(trainer: first, output: folder) { event in
          if case .training = event, first.trainedCells.count == 2 { throw Killed() }
        }
      }
      let second = FakeTrainer()
      var reused: [BenchmarkCell] = []
      try walkBenchmark().run(trainer: second, output: folder) { event in
        if case .reused(let cell) = event { reused.append(cell) }
      }
      #expect(reused == first.trainedCells && reused.count == 2)
      #expect(second.trainedCells.count == 2)
      #expect(Set(second.trainedCells).isDisjoint(with: reused))

      let third = FakeTrainer()
      try walkBenchmark().run(trainer: third, output: folder)
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
    let error = #expect(throws: EnvironmentError.self) {
      try decode(#"{"environments": [\#(task)], "epsiodes": 7}"#)
    }
    #expect(error?.description.contains("'epsiodes' (did you mean 'episodes'?)") == true)
    var bad = configuration
    bad.episodes = 0
    #expect(throws: EvaluationError.self) { try bad.check() }
    bad = configuration
    bad.methods = ["mse", "mse"]
    #expect(throws: EvaluationError.self) { try bad.check() }
  }

  @Test func `folders that cannot be made are refused in words`() throws {
    let error = #expect(throws: EvaluationError.self) {
      try walkBenchmark().run(trainer: FakeTrainer(), output: "/proc/results")
    }
    #expect(
      error?.description == "/proc/results/cells: cannot be made: No such file or directory")
  }
}
