public import EnvironmentInterface
import Evaluation
import Imitation

/// The fixed benchmark of speed: training steps and decisions of networks of one size, the memory
/// that they take, and how fast episodes are played.
///
/// Figures of one machine at different times are hard to compare; ratios to something else that was
/// measured in between are not. Every timed row says whether the machine was the same before and
/// after.
public struct SpeedBenchmark: Sendable {
  /// What is measured, in order.
  public var rows: [SpeedRow]
  /// The numbers of threads for which training steps and decisions are timed.
  public var threads: [Int]
  /// For how long each row is timed, after a warm-up.
  public var seconds: Double
  /// Demonstrations of push; nil to record some.
  public var demonstrations: String?
  /// An untrained policy for push, whose decisions' memory is measured; nil to make one.
  public var policy: String?
  /// Measures the memory of a row, for deciding with a checkpoint folder, in a process that does
  /// nothing else; nil to do it in this one.
  public var memoryElsewhere: (@Sendable (SpeedRow, _ policy: String) throws -> MemoryRow)?

  private let registry: EnvironmentRegistry

  /// Creates a benchmark.
  ///
  /// - Parameters:
  ///   - registry: The environments.
  ///   - rows: What is measured; nil for everything.
  ///   - threads: The numbers of threads.
  ///   - seconds: For how long each row is timed.
  public init(
    _ registry: EnvironmentRegistry, rows: [SpeedRow]? = nil, threads: [Int] = [1, 2],
    seconds: Double = 3
  ) {
    self.registry = registry
    self.rows = rows ?? SpeedRow.all(registry)
    self.threads = threads
    self.seconds = seconds
  }

  /// How many figures there will be: a row may be timed for several numbers of threads.
  public var figureCount: Int { rows.reduce(0) { $0 + ($1.isThreaded ? threads.count : 1) } }

  /// Measures.
  ///
  /// - Parameter progress: Called after each figure with the number of those that are done; false
  ///   to stop.
  /// - Returns: What was measured; less where `progress` stopped.
  /// - Throws: ``/Evaluation/EvaluationError/badSetting(name:value:expected:)``, and what the
  ///   measured code throws.
  public func run(progress: (Int) -> Bool = { _ in true }) throws -> SpeedResults {
    for count in threads where count < 1 {
      throw EvaluationError.badSetting(name: "threads", value: "\(count)", expected: "at least 1")
    }
    guard seconds > 0, seconds.isFinite else {
      throw EvaluationError.badSetting(
        name: "seconds", value: "\(seconds)", expected: "more than 0")
    }
    let stage = Stage(self)
    var results = SpeedResults()
    var done = 0
    for row in rows {
      for threads in row.isThreaded ? threads : [threads.max() ?? 1] {
        try measure(row, threads: threads, stage, into: &results)
        done += 1
        if !progress(done) { return results }
      }
    }
    return results
  }

  private func measure(
    _ row: SpeedRow, threads: Int, _ stage: Stage, into results: inout SpeedResults
  ) throws {
    switch row {
    case .step, .decision, .quickDecision:
      results.steps += [
        try TimedRow.measure(row, of: stage.task, threads: threads, seconds: seconds)
      ].compactMap { $0 }
    case .memory(let work):
      results.memory.append(try memory(work, threads: threads, stage))
    case .environment(let name):
      results.environments.append(
        try EnvironmentRow.measure(name, in: registry, seconds: seconds))
    case .rollouts:
      results.rollouts.append(try RolloutRow.measure(stage.push))
    }
  }

  private func memory(
    _ work: MemoryRow.Work, threads: Int, _ stage: Stage
  ) throws -> MemoryRow {
    switch (work, memoryElsewhere) {
    case (.train, let elsewhere?): try elsewhere(.memory(work), "")
    case (.decide, let elsewhere?): try elsewhere(.memory(work), stage.policy)
    case (.train, nil): try MemoryRow.training(stage.push, threads: threads)
    case (.decide, nil):
      try MemoryRow.deciding(stage.policy, in: registry.make(SpeedRow.task))
    }
  }

  /// What rows are measured on, made when the first needs it.
  private final class Stage {
    private let benchmark: SpeedBenchmark
    private let folder = Result { try TemporaryFolder() }
    private lazy var tasks = Result { try SpeedTask() }
    private lazy var pushes = Result {
      try PushTask(benchmark.registry, demonstrations: benchmark.demonstrations)
    }
    private lazy var policies = Result {
      if let policy = benchmark.policy { return policy }
      let path = try folder.get().file("policy")
      try push.checkpoint().write(to: path)
      return path
    }

    init(_ benchmark: SpeedBenchmark) {
      self.benchmark = benchmark
    }

    var task: SpeedTask { get throws { try tasks.get() } }
    var push: PushTask { get throws { try pushes.get() } }
    var policy: String { get throws { try policies.get() } }
  }
}
