import Demonstrations
import DurableFiles
import EnvironmentInterface
import Evaluation
import Foundation
import Imitation
import Naming
import Synchronization
import Testing

private let walk = EnvironmentRegistry([
  EnvironmentEntry(
    name: "walk", summary: "A walk.", options: [], make: { _ in WalkEnvironment() },
    makeDemonstrator: { _ in WalkDemonstrator() })
])

/// Forty recorded walks, as a task.
private func recordedTask(in folder: String) throws -> BenchmarkTask {
  try FileManager.default.createDirectory(
    atPath: folder, withIntermediateDirectories: true)
  let path = "\(folder)/walk.hdf5"
  let store = try DemonstrationRecorder(path: path, environment: WalkEnvironment().description)
  try Recorder(episodes: 40, seed: 0, observations: ["state", "image"]).record(
    environment: { WalkEnvironment() }, demonstrator: { _ in WalkDemonstrator() },
    each: { episode, _ in
      try store.append(episode)
      return true
    })
  try store.close()
  return try BenchmarkTask(environment: "walk", of: walk, demonstrations: path)
}

/// A small trainer that counts the lines of metrics it is told of.
private func smallTrainer(
  in folder: String, steps: Int = 40
) -> (trainer: PolicyTrainer, lines: Counter) {
  var configuration = TrainingConfiguration(steps: steps, batch: 16, logInterval: 10)
  configuration.policy.backbone = MLP(hiddenWidth: 16, depth: 1)
  let lines = Counter()
  var trainer = PolicyTrainer(["walk": configuration], checkpoints: "\(folder)/checkpoints")
  trainer.report = { _ in lines.count.withLock { $0 += 1 } }
  return (trainer, lines)
}

private final class Counter: Sendable {
  let count = Mutex(0)
  var value: Int { count.withLock { $0 } }
}

private let cell = BenchmarkCell(
  environment: "walk", method: "diffusion", backbone: "mlp", seed: 1)

private func actions(_ factory: @Sendable () throws -> any Agent) throws -> [[[Float]]] {
  let windows = [-0.5, 0, 0.5].map {
    ObservationWindow([["state": .float32([Float($0), 0])]])
  }
  return try factory().act(windows, keys: (0..<3).map { DecisionKey(seed: 5, step: $0) })
}

@Suite struct PolicyTrainerTests {
  @Test func `a task is read with the flat observations that it needs`() throws {
    try withTemporaryFolder { folder in
      let task = try recordedTask(in: folder)
      #expect(task.name == "walk" && task.features == ["state"])
      #expect(task.demonstrations.count == 40)
      #expect(task.demonstrations[0].observations["image"] == nil)
      #expect(task.digest.count == 64)
      #expect(throws: UnknownName.self) {
        try BenchmarkTask(environment: "wlak", of: walk, demonstrations: task.path)
      }
    }
  }

  @Test func `where more was recorded than is shown, policies look at what is shown`() throws {
    try withTemporaryFolder { folder in
      #expect(try recordedTask(in: folder).sharedObservations() == nil)
      // The same walks as another tool records them, with more than the environment knows.
      let path = "\(folder)/wide.hdf5"
      var description = WalkEnvironment().description
      for index in description.observations.indices {
        var other = description.observations[index]
        other.name = "other_\(other.name)"
        description.observations.append(other)
      }
      let names = description.observations.map(\.name)
      func record(_ observations: [String], in path: String) throws -> BenchmarkTask {
        var description = description
        description.observations.removeAll { !observations.contains($0.name) }
        let store = try DemonstrationRecorder(path: path, environment: description)
        try Recorder(episodes: 2, seed: 0, observations: ["state", "image"]).record(
          environment: { WalkEnvironment() }, demonstrator: { _ in WalkDemonstrator() },
          each: { episode, _ in
            var wide = episode
            for (name, series) in episode.observations {
              wide.observations["other_\(name)"] = series
            }
            wide.observations = wide.observations.filter { observations.contains($0.key) }
            try store.append(wide)
            return true
          })
        try store.close()
        return try BenchmarkTask(environment: "walk", of: walk, demonstrations: path)
      }
      let task = try record(names, in: path)
      #expect(Set(try task.sharedObservations() ?? []) == ["state", "image"])
      let small = smallTrainer(in: folder)
      var trainer = small.trainer
      trainer.configurations["walk"]?.policy.observations = ["other_state"]
      let error = #expect(throws: UnknownName.self) { try trainer.settings(of: cell, in: task) }
      #expect(error?.description.contains("unknown observation of walk 'other_state'") == true)
      #expect(small.lines.value == 0)
      let foreign = try record(["other_state"], in: "\(folder)/foreign.hdf5")
      let missing = #expect(throws: EvaluationError.self) { try foreign.sharedObservations() }
      #expect(missing?.description.contains("no observation that 'walk' shows too") == true)
    }
  }

  @Test func `a finished training is loaded, one of other settings is replaced`() throws {
    try withTemporaryFolder { folder in
      let task = try recordedTask(in: folder)
      let first = smallTrainer(in: folder)
      let trained = try actions(first.trainer.agentFactory(of: cell, in: task, threads: 1))
      #expect(first.lines.value == 4)

      let second = smallTrainer(in: folder)
      #expect(try actions(second.trainer.agentFactory(of: cell, in: task, threads: 1)) == trained)
      #expect(second.lines.value == 0)
      #expect(
        try second.trainer.settings(of: cell, in: task)
          == first.trainer.settings(of: cell, in: task))

      let longer = smallTrainer(in: folder, steps: 50)
      #expect(try actions(longer.trainer.agentFactory(of: cell, in: task, threads: 1)) != trained)
      #expect(longer.lines.value == 5)
      #expect(
        try longer.trainer.settings(of: cell, in: task)
          != first.trainer.settings(of: cell, in: task))
    }
  }

  @Test func `what a kill left beside finished checkpoints is cleared, and nothing else`() throws {
    try withTemporaryFolder { folder in
      let task = try recordedTask(in: folder)
      let (trainer, _) = smallTrainer(in: folder)
      let trained = try actions(trainer.agentFactory(of: cell, in: task, threads: 1))
      let manager = FileManager.default
      let name = try trainer.trainingName(of: cell)
      let files = try manager.contentsOfDirectory(atPath: "\(trainer.folder)/\(name)")
      // As after a kill in the last clearing up, and with a note that is the user's.
      let left = "\(trainer.folder)/.\(name).checkpoint"
      try manager.createDirectory(atPath: left, withIntermediateDirectories: true)
      for file in ["\(left)/config.json", "\(left)/note.txt", "\(trainer.folder)/.\(name).lock"] {
        try Data("old".utf8).write(to: URL(fileURLWithPath: file))
      }
      try Data("own".utf8).write(to: URL(fileURLWithPath: "\(trainer.folder)/.hidden"))
      // Another process writes this one.
      let busy = try OutputLock(file: "\(trainer.folder)/.other.lock")
      defer { busy.release() }
      try manager.createDirectory(
        atPath: "\(trainer.folder)/.other.checkpoint", withIntermediateDirectories: true)

      trainer.clearLeftovers()
      #expect(
        try manager.contentsOfDirectory(atPath: trainer.folder).sorted()
          == [".hidden", ".other.checkpoint", ".other.lock", name])
      #expect(
        try manager.contentsOfDirectory(atPath: "\(trainer.folder)/\(name)").sorted()
          == (files + ["note.txt"]).sorted())
      #expect(try actions(trainer.agentFactory(of: cell, in: task, threads: 1)) == trained)
    }
  }

  @Test func `cells on the same demonstrations read them once`() throws {
    try withTemporaryFolder { folder in
      let recorded = try recordedTask(in: folder)
      let task = try BenchmarkTask(
        environment: { WalkEnvironment() }, demonstrations: recorded.demonstrations,
        path: recorded.path, digest: recorded.digest)
      let (trainer, _) = smallTrainer(in: folder)
      _ = try trainer.agentFactory(of: cell, in: task, threads: 1)
      var other = cell
      (other.seed, other.method) = (2, "mse")
      other.variant = Variant(["policy.horizons.prediction": .integer(3)])
      let alone = smallTrainer(in: "\(folder)/alone").trainer
      let expected = try actions(alone.agentFactory(of: other, in: task, threads: 1))

      try FileManager.default.removeItem(atPath: task.path)
      #expect(try actions(trainer.agentFactory(of: other, in: task, threads: 1)) == expected)
      let late = smallTrainer(in: "\(folder)/late").trainer
      #expect(throws: DemonstrationError.missingFile(path: task.path)) {
        _ = try late.agentFactory(of: other, in: task, threads: 1)
      }
    }
  }

  @Test func `methods that differ in sampling alone share a training`() throws {
    try withTemporaryFolder { folder in
      let task = try recordedTask(in: folder)
      let (trainer, lines) = smallTrainer(in: folder)
      let decisions = try ["diffusion", "diffusion-x", "diffusion-kde"].map { method in
        var cell = cell
        cell.method = method
        return try actions(trainer.agentFactory(of: cell, in: task, threads: 1))
      }
      #expect(lines.value == 4, "one training of 40 steps")
      #expect(Set(decisions).count == 3)
      let folders = try FileManager.default.contentsOfDirectory(atPath: "\(folder)/checkpoints")
      #expect(folders == ["walk-diffusion-mlp-1"])
    }
  }

  @Test func `cells that execute more or fewer actions share a training`() throws {
    try withTemporaryFolder { folder in
      let task = try recordedTask(in: folder)
      var (trainer, lines) = smallTrainer(in: folder)
      let horizons = try Horizons(observation: 1, prediction: 3, action: 1)
      trainer.configurations["walk"]?.policy.horizons = horizons
      let executed = try (1...3).map { count in
        var cell = cell
        cell.variant = Variant(["policy.horizons.action": .integer(count)])
        return try actions(trainer.agentFactory(of: cell, in: task, threads: 1))
      }
      #expect(lines.value == 4, "one training of 40 steps")
      #expect(executed.map { $0.map(\.count) } == [[1, 1, 1], [2, 2, 2], [3, 3, 3]])
      #expect(executed[2].map { Array($0.prefix(2)) } == executed[1])
      var far = cell
      far.variant = Variant(["policy.horizons.action": 4])
      #expect(throws: (any Error).self) { try trainer.settings(of: far, in: task) }
    }
  }

  @Test func `trainings side by side leave the bytes of trainings one after another`() throws {
    try withTemporaryFolder { folder in
      let task = try recordedTask(in: folder)
      func run(jobs: Int) throws -> [Data] {
        let (trainer, _) = smallTrainer(in: "\(folder)/\(jobs)")
        var configuration = BenchmarkConfiguration(
          environments: [.init(environment: "walk", demonstrations: task.path)])
        configuration.methods = ["mse", "diffusion", "diffusion-x"]
        configuration.seeds = 2
        configuration.episodes = 4
        configuration.decisionObservations = 1
        configuration.decisionDraws = 20
        var benchmark = Benchmark(configuration, tasks: [task], packageVersion: "1")
        (benchmark.jobs, benchmark.threads) = (jobs, jobs)
        try benchmark.run(trainer: trainer, output: "\(folder)/\(jobs)")
        return try ["mse", "diffusion"].flatMap { method in
          try (0..<2).map { seed in
            let path =
              "\(folder)/\(jobs)/checkpoints/walk-\(method)-mlp-\(seed)/training.safetensors"
            return try Data(contentsOf: URL(fileURLWithPath: path))
          }
        }
      }
      #expect(try run(jobs: 1) == run(jobs: 3))
    }
  }

  @Test func `a stopped training goes on to the same policy`() throws {
    try withTemporaryFolder { folder in
      let task = try recordedTask(in: folder)
      let whole = smallTrainer(in: folder + "/whole")
      let expected = try actions(whole.trainer.agentFactory(of: cell, in: task, threads: 1))

      let trainer = smallTrainer(in: folder).trainer
      let steps = Counter()
      let shouldStop = { @Sendable in
        steps.count.withLock { count in
          count += 1
          return count == 25
        }
      }
      #expect(throws: EvaluationError.stopped(during: "training walk diffusion mlp seed 1")) {
        try trainer.agentFactory(of: cell, in: task, threads: 1, shouldStop: shouldStop)
      }
      let resumed = smallTrainer(in: folder)
      #expect(try actions(resumed.trainer.agentFactory(of: cell, in: task, threads: 1)) == expected)
      #expect(resumed.lines.value == 2, "only the lines after step 25")
    }
  }

  @Test func `methods and backbones that are not there are refused by name`() throws {
    let trainer = smallTrainer(in: "/nowhere").trainer
    var unknown = cell
    unknown.method = "difusion"
    #expect(throws: (any Error).self) { try trainer.configuration(of: unknown) }
    #expect(try trainer.configuration(of: cell).seed == 1)
    #expect(
      try trainer.protocolEntries(for: [cell]).map(\.name)
        == ["training on walk", "sampler on walk", "checkpoint"])
  }
}
