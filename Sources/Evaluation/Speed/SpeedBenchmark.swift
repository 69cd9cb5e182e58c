public import EnvironmentInterface

/// The fixed benchmark of speed: training steps and decisions of networks of one size, the memory
/// that they take, and how fast episodes are played.
///
/// Figures of one machine at different times are hard to compare; ratios to something else that was
/// measured in between are not. Every timed row says whether the machine was the same before and
/// after.
public struct SpeedBenchmark: Sendable {
  /// What is measured, in order.
  public var items: [SpeedItem]
  /// The numbers of threads for which training steps and decisions are timed.
  public var threads: [Int]
  /// For how long each row is timed, after a warm-up.
  public var seconds: Double
  /// Demonstrations of push; nil to record some.
  public var demonstrations: String?
  /// Measures the memory of an item in a process that does nothing else; nil to do it in this one.
  public var memoryElsewhere: (@Sendable (SpeedItem) throws -> SpeedMemory)?

  private let registry: EnvironmentRegistry

  /// Creates a benchmark.
  ///
  /// - Parameters:
  ///   - registry: The environments.
  ///   - items: What is measured; nil for everything.
  ///   - threads: The numbers of threads.
  ///   - seconds: For how long each row is timed.
  public init(
    _ registry: EnvironmentRegistry, items: [SpeedItem]? = nil, threads: [Int] = [1, 2],
    seconds: Double = 3
  ) {
    self.registry = registry
    self.items = items ?? SpeedItem.all(registry)
    self.threads = threads
    self.seconds = seconds
  }

  /// How many rows there will be.
  public var rows: Int { items.reduce(0) { $0 + ($1.isThreaded ? threads.count : 1) } }

  /// Measures.
  ///
  /// - Parameter progress: Called after each row with the number of rows that are done; false to stop.
  /// - Returns: What was measured; less where `progress` stopped.
  /// - Throws: ``EvaluationError/badSetting(name:value:expected:)``, and what the measured code
  ///   throws.
  public func run(progress: (Int) -> Bool = { _ in true }) throws -> SpeedResults {
    for count in threads where count < 1 {
      throw EvaluationError.badSetting(name: "threads", value: "\(count)", expected: "at least 1")
    }
    guard seconds > 0, seconds.isFinite else {
      throw EvaluationError.badSetting(
        name: "seconds", value: "\(seconds)", expected: "more than 0")
    }
    let task = try SpeedTask()
    var push: PushTask?
    func pushTask() throws -> PushTask {
      let task = try push ?? PushTask(registry, demonstrations: demonstrations)
      push = task
      return task
    }
    var results = SpeedResults()
    var done = 0
    for item in items {
      switch item {
      case .step, .decision:
        for threads in threads {
          let step = try SpeedStep.measure(item, of: task, threads: threads, seconds: seconds)
          results.steps += [step].compactMap { $0 }
          done += 1
          if !progress(done) { return results }
        }
        continue
      case .memory(let work):
        results.memory.append(
          try memoryElsewhere?(item)
            ?? SpeedMemory.measure(work, of: pushTask(), threads: threads.max() ?? 1))
      case .environment(let name):
        results.environments.append(
          try SpeedEnvironment.measure(name, in: registry, seconds: seconds))
      case .rollouts:
        results.rollouts.append(try SpeedRollouts.measure(pushTask()))
      }
      done += 1
      if !progress(done) { return results }
    }
    return results
  }
}
