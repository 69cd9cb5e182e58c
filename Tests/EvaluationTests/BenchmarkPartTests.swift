import DurableFiles
import Evaluation
import Foundation
import Imitation
import Naming
import Synchronization
import Testing

@Suite struct `Benchmarks in parts` {
  private func part(_ index: Int, of count: Int) throws -> BenchmarkPart {
    var part = try BenchmarkPart(.part(index, of: count))
    part.patience = .seconds(2)
    return part
  }

  private func plain(_ results: BenchmarkResults?) -> [[String: MetricSummary]]? {
    results?.rows.map { $0.metrics.filter { $0.key != "decision_milliseconds" } }
  }

  @Test func `compute each cell once, and the table of one process`() throws {
    var benchmark = try walkBenchmark()
    (benchmark.configuration.seeds, benchmark.configuration.sweep) = (
      3, [Sweep("sampling.steps", values: [.integer(1), .integer(2)])]
    )
    benchmark.jobs = 1
    let whole = try withTemporaryFolder {
      try benchmark.run(trainer: FakeTrainer(), output: $0)
    }
    try withTemporaryFolder { folder in
      let trainers = (0..<3).map { _ in FakeTrainer() }
      let results = Mutex<[BenchmarkResults]>([])
      DispatchQueue.concurrentPerform(iterations: 3) { [benchmark] index in
        do {
          let part = try part(index + 1, of: 3)
          let own = try benchmark.run(part, trainer: trainers[index], output: folder)
          if let own { results.withLock { $0.append(own) } }
        } catch {
          Issue.record(error)
        }
      }
      let cells = trainers.flatMap(\.trainedCells)
      #expect(cells.count == Set(cells).count)
      #expect(
        Set(cells)
          == Set(try benchmark.cells(trainer: FakeTrainer()).filter { !$0.isDemonstrations }))
      let tables = results.withLock { $0 }
      #expect(!tables.isEmpty)
      for table in tables {
        #expect(plain(table) == plain(whole))
        #expect(table.protocol.entries == whole.protocol.entries)
      }
      let left = try FileManager.default.contentsOfDirectory(atPath: folder)
      #expect(!left.contains("claims"))
    }
  }

  @Test func `take over what the dead have begun`() throws {
    try withTemporaryFolder { folder in
      let benchmark = try walkBenchmark()
      try FileManager.default.createDirectory(
        atPath: "\(folder)/claims", withIntermediateDirectories: true)
      let claims = try WorkClaims(folder: "\(folder)/claims", patience: .seconds(1000))
      let cell = try claims.claim("cells-walk-good-mlp-1")
      let waits = Mutex<[String]>([])
      let trainer = FakeTrainer()
      let start = ContinuousClock.now
      let results = try benchmark.run(part(1, of: 1), trainer: trainer, output: folder) { event in
        if case .waiting(let cell, let owner) = event {
          waits.withLock { $0.append("\(cell) \(owner)") }
        }
      }
      #expect(ContinuousClock.now - start >= .seconds(2))
      #expect(results?.rows.count == 3 && trainer.trainedCells.count == 4)
      #expect(waits.withLock { $0 } == ["walk good mlp seed 1 \(WorkClaims.process)"])
      #expect(cell?.isLost == false, "the dead hear nothing")
    }
  }

  @Test func `leave what others have begun where they are not to wait`() throws {
    try withTemporaryFolder { folder in
      var benchmark = try walkBenchmark()
      benchmark.jobs = 1
      let other = FakeTrainer()
      var leaving = try part(1, of: 2)
      leaving.waits = false
      let first = Mutex<BenchmarkResults??>(nil)
      // In the middle of the other's first cell.
      let results = try benchmark.run(part(2, of: 2), trainer: FakeTrainer(), output: folder) {
        [benchmark, leaving] event in
        guard case .rolledOut = event, first.withLock({ $0 == nil }) else { return }
        let own = try benchmark.run(leaving, trainer: other, output: folder)
        first.withLock { $0 = .some(own) }
      }
      #expect(first.withLock { $0 } == .some(.none), "no table yet")
      #expect(other.trainedCells.count == 3)
      #expect(results?.rows.count == 3)
    }
  }

  @Test func `refuse to mix settings, and to compute alone beside parts`() throws {
    try withTemporaryFolder { folder in
      let benchmark = try walkBenchmark()
      let tried = Mutex(0)
      try benchmark.run(part(1, of: 2), trainer: FakeTrainer(), output: folder) { event in
        guard case .training = event, tried.withLock({ $0 }) == 0 else { return }
        tried.withLock { $0 += 1 }
        let mixed = try #require(
          throws: EvaluationError.self,
          performing: {
            try benchmark.run(
              part(2, of: 2), trainer: FakeTrainer(learningRate: 0.2), output: folder)
          })
        #expect("\(mixed)".contains("\(WorkClaims.process) computes parts of another benchmark"))
      }
      #expect(tried.withLock { $0 } == 1)
      try withTemporaryFolder { other in
        _ = try benchmark.run(trainer: FakeTrainer(), output: other) { event in
          guard case .training = event else { return }
          #expect(throws: EvaluationError.self) {
            try benchmark.run(part(1, of: 2), trainer: FakeTrainer(), output: other)
          }
        }
      }
      // When all have ended, the folder is free for other settings.
      let trainer = FakeTrainer(learningRate: 0.2)
      #expect(try benchmark.run(part(1, of: 1), trainer: trainer, output: folder) != nil)
      #expect(trainer.trainedCells.count == 4)
    }
  }

  @Test func `note what cannot be computed, so that nobody tries it again`() throws {
    try withTemporaryFolder { folder in
      var benchmark = try walkBenchmark()
      benchmark.configuration.methods = ["good", "diverging"]
      let trainers = (0..<2).map { _ in FakeTrainer() }
      for index in 0..<2 {
        let results = try benchmark.run(
          part(index + 1, of: 2), trainer: trainers[index], output: folder)
        #expect(
          results?.failures?.map(\.reason)
            == Array(repeating: "the loss is no longer finite", count: 2))
      }
      #expect(trainers.map(\.trainedCells.count) == [4, 0])
      #expect(try benchmark.missingCells(trainer: FakeTrainer(), output: folder) == [])
    }
  }

  @Test func `are one cell each by name, of rivals before those of the table`() throws {
    try withTemporaryFolder { folder in
      var benchmark = try walkBenchmark()
      benchmark.configuration.seeds = 1
      benchmark.configuration.sweep = [Sweep("pace", values: [.integer(1), .integer(2)])]
      benchmark.configuration.development = Development()
      benchmark.configuration.development?.episodes = 3
      var lists: [[String]] = []
      var table: BenchmarkResults?
      for _ in 0..<3 {
        let missing = try benchmark.missingCells(trainer: FakeTrainer(), output: folder)
        lists.append(missing)
        for name in missing {
          let part = try BenchmarkPart(.cells([name]))
          table = try benchmark.run(part, trainer: FakeTrainer(), output: folder)
        }
      }
      #expect(
        lists == [
          [
            "development/walk-good-mlp-pace=1-0", "development/walk-good-mlp-pace=2-0",
            "development/walk-idle-mlp-0",
          ],
          ["walk-good-mlp-pace=1-0", "walk-idle-mlp-0", "walk-demonstrations-0"], [],
        ])
      #expect(table?.rows.count == 3)
      #expect(throws: UnknownName.self) {
        try benchmark.run(
          BenchmarkPart(.cells(["walk-goo-mlp-0"])), trainer: FakeTrainer(), output: folder)
      }
    }
  }

  @Test func `are collected with what is missing`() throws {
    try withTemporaryFolder { folder in
      try walkBenchmark().run(trainer: FakeTrainer(), output: folder)
      let whole = try BenchmarkCollection([folder]).results { _ in WalkEnvironment() }
      #expect(whole.failures == nil)
      for name in ["walk-idle-mlp-1", "walk-good-mlp-0", "walk-good-mlp-1"] {
        try FileManager.default.removeItem(atPath: "\(folder)/cells/\(name).json")
      }
      let partial = try BenchmarkCollection([folder]).results { _ in WalkEnvironment() }
      #expect(
        partial.failures?.map(\.cell.description) == [
          "walk good mlp seed 0", "walk good mlp seed 1", "walk idle mlp seed 1",
        ])
      #expect(partial.text().contains("missing: walk idle mlp seed 1: is not there yet"))
    }
  }

  @Test func `are those of Slurm's tasks`() throws {
    func share(_ id: Int, _ count: Int, _ others: [String: Int] = [:]) -> BenchmarkPart.Share? {
      let all = others.merging(["ID": id, "COUNT": count]) { $1 }
      return BenchmarkPart(
        slurm: Dictionary(
          uniqueKeysWithValues: all.map { ("SLURM_ARRAY_TASK_\($0.key)", "\($0.value)") })
      )?.share
    }
    #expect(share(1, 4, ["MIN": 1, "STEP": 1]) == .part(1, of: 4))
    #expect(share(4, 4, ["MIN": 1]) == .part(4, of: 4))
    #expect(share(0, 4) == .part(1, of: 4))
    #expect(share(14, 3, ["MIN": 10, "STEP": 2]) == .part(3, of: 3))
    // Of 1,5,7 the tasks have some part each.
    #expect(share(7, 3, ["MIN": 1, "STEP": 1]) == .part(1, of: 3))
    #expect(BenchmarkPart(slurm: ["SLURM_JOB_ID": "7"]) == nil)
    for (index, count) in [(0, 2), (3, 2), (1, 0), (1, -1)] {
      #expect(throws: EvaluationError.self) { try BenchmarkPart(.part(index, of: count)) }
    }
  }
}
