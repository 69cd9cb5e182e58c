import Evaluation
import Foundation
import Imitation
import Naming
import Synchronization
import Testing

/// Agents that walk at the pace 1 and stand still at any other.
private final class PacedTrainer: CellTrainer {
  let trained = Mutex<[BenchmarkCell]>([])

  func settings(of cell: BenchmarkCell, in task: BenchmarkTask) throws -> String {
    "\(cell.method) \(cell.variant.values)"
  }

  func agentFactory(
    of cell: BenchmarkCell, in task: BenchmarkTask, threads: Int,
    shouldStop: @escaping @Sendable () -> Bool
  ) throws -> @Sendable () throws -> any Agent {
    trained.withLock { $0.append(cell) }
    let walks = cell.method == "good" && cell.variant.values["pace"] == .integer(1)
    return { walks ? WalkAgent() : IdleAgent() }
  }

  func protocolEntries(for cells: [BenchmarkCell]) throws -> [BenchmarkProtocol.Entry] { [] }
}

@Suite struct `Development starts` {
  private func benchmark() throws -> Benchmark {
    var benchmark = try walkBenchmark()
    benchmark.configuration.sweep = [
      Sweep("pace", values: [.integer(0), .integer(1), .integer(2)])
    ]
    benchmark.configuration.development = Development()
    benchmark.configuration.development?.episodes = 5
    return benchmark
  }

  @Test func `choose the settings with which each method goes on`() throws {
    try withTemporaryFolder { folder in
      let trainer = PacedTrainer()
      let results = try benchmark().run(trainer: trainer, output: folder)
      #expect(results.rows.map(\.method) == ["good", "idle", "demonstrations"])
      #expect(results.rows[0].variant.values == ["pace": .integer(1)])
      // Of equals the first.
      #expect(results.rows[1].variant.values == ["pace": .integer(0)])
      #expect(results.rows[0].seeds == 2)
      // Two methods of three rivals each, then two seeds of each method.
      #expect(trainer.trained.withLock { $0.count } == 6 + 4)
      let rivals = try FileManager.default.contentsOfDirectory(
        atPath: "\(folder)/development/cells")
      #expect(rivals.count == 6)
      let choice = results.protocol.entries.first { $0.name == "choice of settings" }
      #expect(choice?.value.contains("600000…600004") == true)

      let again = PacedTrainer()
      let second = try benchmark().run(trainer: again, output: folder)
      #expect(again.trained.withLock { $0.isEmpty })
      #expect(second.rows == results.rows)
    }
  }

  @Test func `are no evaluation starts, and choose by a metric that there is`() throws {
    try withTemporaryFolder { folder in
      var overlapping = try benchmark()
      overlapping.configuration.development?.rolloutSeed = overlapping.configuration.rolloutSeed - 2
      #expect(throws: EvaluationError.self) {
        try overlapping.run(trainer: PacedTrainer(), output: folder)
      }
      var idle = try benchmark()
      idle.configuration.sweep = []
      #expect(throws: EvaluationError.self) {
        try idle.run(trainer: PacedTrainer(), output: folder)
      }
      var misspelt = try benchmark()
      misspelt.configuration.development?.metric = "sucess"
      let error = #expect(throws: UnknownName.self) {
        try misspelt.run(trainer: PacedTrainer(), output: folder)
      }
      #expect(error?.description.contains("did you mean 'success'?") == true)
    }
  }

  @Test func `stand in a file under their own key`() throws {
    let text = """
      {"environments": [{"environment": "push", "demonstrations": "push.hdf5"}],
       "sweep": {"setting": "steps", "values": [1, 2]}, "development": {"metric": "coverage"}}
      """
    let configuration = try JSONDecoder().decode(
      BenchmarkConfiguration.self, from: Data(text.utf8))
    #expect(configuration.development?.metric == "coverage")
    #expect(configuration.development?.rolloutSeed == 600_000)
    try configuration.check()
    let back = try JSONDecoder().decode(
      BenchmarkConfiguration.self, from: JSONEncoder().encode(configuration))
    #expect(back == configuration)
    #expect(throws: UnknownName.self) {
      try JSONDecoder().decode(
        BenchmarkConfiguration.self,
        from: Data(text.replacingOccurrences(of: "metric", with: "metrik").utf8))
    }
  }

  @Test func `settings say how to choose where nothing was said before`() throws {
    let plain = BenchmarkConfiguration(
      environments: [.init(environment: "walk", demonstrations: "walk.hdf5")])
    let settings = Settings([
      "development": .group(["metric": "coverage", "episodes": 7]),
      "sweep": .list([.group(["setting": "steps", "values": .list([1, 2])])]),
    ])
    let chosen = try settings.applied(to: plain, source: "here")
    #expect(chosen.development?.metric == "coverage" && chosen.development?.episodes == 7)
    // And where something was.
    let changed = try Settings(path: "development.episodes", 9).applied(to: chosen, source: "here")
    #expect(changed.development?.metric == "coverage" && changed.development?.episodes == 9)
    for start in [plain, chosen] {
      #expect(throws: (any Error).self) {
        try Settings(path: "development.metrik", "success").applied(to: start, source: "here")
      }
    }
  }
}
