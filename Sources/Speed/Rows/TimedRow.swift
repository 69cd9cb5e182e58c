import Imitation
import Neural

/// The time that one training step or one decision takes.
public struct TimedRow: Codable, Sendable, Hashable {
  /// The name of the row.
  public var row: String
  /// How many threads it may use.
  public var threads: Int
  /// The number of the network's parameters.
  public var parameters: Int
  /// The median of the times, in milliseconds.
  public var medianMilliseconds: Double
  /// The least of the times, in milliseconds.
  public var minimumMilliseconds: Double
  /// The time that one in a hundred exceeds, in milliseconds: the smallest that at least 99 of a
  /// hundred do not.
  public var percentile99Milliseconds: Double
  /// How many times were taken.
  public var repetitions: Int
  /// The largest resident size of the process meanwhile, in bytes; nil where it is not known.
  public var peakBytes: Int?
  /// The probes before and after, in billions of operations a second.
  public var probes: [Double]
  /// How many processors other processes used meanwhile, on average; nil where it is not known.
  public var otherProcessors: Double?
  /// Whether the probes agree and nobody else used the processors.
  public var isSteady: Bool

  /// Measures a row that is timed.
  ///
  /// - Parameters:
  ///   - row: A step or a decision.
  ///   - task: Its data.
  ///   - threads: How many threads it may use.
  ///   - seconds: For how long.
  /// - Returns: The times; nil for a row of another kind.
  /// - Throws: What preparing the network throws.
  static func measure(
    _ row: SpeedRow, of task: SpeedTask, threads: Int, seconds: Double
  ) throws -> TimedRow? {
    ResidentMemory.resetPeak()
    guard let (parameters, work) = try work(row, of: task, threads: threads) else { return nil }
    let probe = SpeedProbe(threads: threads)
    let before = probe.rate()
    let (start, used) = (ContinuousClock.now, ProcessorUse.now)
    let times = try SpeedTimer(seconds: seconds).measure(work)
    let taken = (ContinuousClock.now - start) / .seconds(1)
    let others = used.flatMap { used in ProcessorUse.now?.others(since: used, taken) }
    let after = probe.rate()
    return TimedRow(
      row: row.description, threads: threads, parameters: parameters,
      medianMilliseconds: times.median, minimumMilliseconds: times.minimum,
      percentile99Milliseconds: times.quantile(0.99), repetitions: times.milliseconds.count,
      peakBytes: ResidentMemory.peak, probes: [before, after], otherProcessors: others,
      isSteady: abs(after / before - 1) <= SpeedProbe.tolerance
        && others ?? 0 <= ProcessorUse.tolerance)
  }

  /// The size of the network and the work that is repeated, which is told how often it was done
  /// before.
  private static func work(
    _ row: SpeedRow, of task: SpeedTask, threads: Int
  ) throws -> (parameters: Int, work: (Int) throws -> Void)? {
    switch row {
    case .step(let backbone, let batch, let precision):
      let training = try task.trainer(backbone, batch: batch, precision).training
      let pool = try WorkerPool(threads: threads)
      return (training.table.trainedCount, { _ in _ = try training.step(pool) })
    case .decision(let backbone, let observations, let precision):
      return try decision(
        task.trainer(backbone, batch: 1).checkpoint, observations, precision, threads)
    case .quickDecision(let backbone, let observations, let precision):
      return try decision(
        task.trainer(SpeedTask.quick(backbone)).checkpoint, observations, precision, threads)
    default: return nil
    }
  }

  private static func decision(
    _ checkpoint: Checkpoint, _ observations: Int, _ precision: WeightPrecision, _ threads: Int
  ) throws -> (parameters: Int, work: (Int) throws -> Void) {
    let policy = try Policy(
      checkpoint, capacity: observations, precision: precision, threads: threads)
    let windows = SpeedTask.windows(observations)
    let work = { (count: Int) throws -> Void in
      _ = try policy.act(
        windows, keys: windows.indices.map { DecisionKey(seed: UInt64($0), step: count) })
    }
    return (try checkpoint.model().table.trainedCount, work)
  }
}
