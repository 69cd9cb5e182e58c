public import Demonstrations
import Diffusion
import DurableFiles
import Foundation
public import Neural
public import PolicyRuntime

/// Trains a policy from demonstrations, with checkpoints that a kill cannot harm.
public final class Trainer {
  /// How a run ended.
  public enum Outcome: Sendable, Hashable {
    /// All steps were taken.
    case finished
    /// It was asked to stop; the checkpoint resumes it.
    case stopped
  }

  /// The training itself.
  public let training: Training
  private var provenance: Checkpoint.Provenance
  private let demonstrations: DemonstrationStore
  private let pool: WorkerPool
  /// The lines of metrics so far.
  public private(set) var metrics: [TrainingMetrics] = []
  /// What looks wrong in the method's own figures, such as codes that are never used, as of the
  /// last line of metrics; a sentence each.
  public private(set) var warnings: [String] = []
  private var pending = PendingMetrics()
  private let validation: Validation?
  private var best: BestWeights?

  /// The number of threads that trainings use unless told otherwise: the machine's cores.
  public static var defaultThreads: Int { ProcessInfo.processInfo.activeProcessorCount }

  /// Reads the demonstrations and compiles the training.
  ///
  /// - Parameters:
  ///   - configuration: What to train and how.
  ///   - demonstrations: The recordings.
  ///   - episodes: The episodes to use, by index; nil for those of the configuration's mask.
  ///   - normalizer: The scales of a training that continues, which keep its arithmetic; nil to
  ///     learn them from the episodes.
  ///   - threads: How many threads; the result does not depend on it.
  ///   - ranks: The processes that share the training, of which each has a trainer of the same
  ///     settings; the result does not depend on how many they are. Nil for this one alone.
  /// - Throws: ``/PolicyRuntime/ImitationError`` for an option out of its range or too little
  ///   memory, ``/PolicyRuntime/WindowError`` or ``/Demonstrations/DemonstrationError`` that names
  ///   the file, demo and dataset that is wrong.
  public convenience init(
    _ configuration: TrainingConfiguration, demonstrations: DemonstrationStore,
    episodes: [Int]? = nil, normalizer: Normalizer? = nil, threads: Int = Trainer.defaultThreads,
    ranks: (any TrainingRanks)? = nil
  ) throws {
    try configuration.validate()
    try self.init(
      configuration,
      windows: configuration.windows(
        of: demonstrations, episodes: episodes, normalizer: normalizer),
      of: demonstrations, episodes: episodes, threads: threads, ranks: ranks)
  }

  /// Compiles the training on windows that were read before; several trainings may share them.
  ///
  /// - Parameters:
  ///   - configuration: What to train and how.
  ///   - windows: What `TrainingConfiguration.windows(of:episodes:normalizer:)` read.
  ///   - demonstrations: The recordings that they are from.
  ///   - episodes: The episodes that windows and held-out windows are from; nil for the mask's.
  ///   - wholeDigest: The digest of all that the recordings hold, to be noted in place of that of
  ///     what was read.
  ///   - threads: How many threads; the result does not depend on it.
  ///   - ranks: The processes that share the training; nil for this one alone.
  /// - Throws: ``/PolicyRuntime/ImitationError`` that names the option that is wrong, and what
  ///   reading held-out windows throws.
  public init(
    _ configuration: TrainingConfiguration, windows: WindowDataset,
    of demonstrations: DemonstrationStore, episodes: [Int]? = nil, wholeDigest: String? = nil,
    threads: Int = Trainer.defaultThreads, ranks: (any TrainingRanks)? = nil
  ) throws {
    var configuration = configuration
    // From here on the configuration says what is looked at, so that a checkpoint is complete.
    configuration.policy.observations = windows.normalizer.observationNames
    configuration.policy.backbone = try configuration.policy.backbone.fitted(
      to: windows.normalizer, shape: windows.shape, environment: demonstrations.environment)
    let training = try Training(configuration, data: windows, ranks: ranks)
    self.training = training
    validation = try configuration.heldOutWindows(
      of: demonstrations, like: windows, episodes: episodes
    ).map { try Validation(training, data: $0) }
    provenance = Checkpoint.Provenance(
      environment: demonstrations.environment, environmentName: demonstrations.environmentName,
      demonstrations: URL(fileURLWithPath: demonstrations.path).path,
      digest: try wholeDigest ?? windows.digest ?? demonstrations.digest(),
      digestCovers: wholeDigest == nil && windows.digest != nil
        ? windows.normalizer.observationNames + [ValueMarks.actions] : nil,
      episodes: windows.episodes.count, steps: windows.count, processors: [Processor.kind])
    self.demonstrations = demonstrations
    pool = try WorkerPool(threads: threads)
  }

  /// Trains to the last step, writing a checkpoint after every `checkpointInterval` steps of the
  /// configuration and at the end.
  ///
  /// Of several processes that share a training the first one alone writes and reports; all stop
  /// where one is asked to.
  ///
  /// - Parameters:
  ///   - output: The checkpoint folder; nil to keep everything in memory.
  ///   - resume: Whether to continue the training that the folder holds.
  ///   - allowsChangedData: Whether to continue it on demonstrations that have changed since; both
  ///     digests are noted then.
  ///   - report: Told of each line of metrics.
  ///   - shouldStop: Asked after each step; true saves and returns ``Outcome/stopped``.
  /// - Returns: How it ended.
  /// - Throws: ``/PolicyRuntime/ImitationError`` where the folder cannot be written or resumed, or
  ///   the loss is no longer finite; the last checkpoint is kept.
  @discardableResult
  public func run(
    output: String? = nil, resume: Bool = false, allowsChangedData: Bool = false,
    report: (TrainingMetrics) -> Void = { _ in }, shouldStop: () -> Bool = { false }
  ) throws -> Outcome {
    let written = isFirst ? output : nil
    let lock = try written.map { try CheckpointFolder.lock($0) }
    defer { lock?.release() }
    if let written { try prepare(written, resume: resume, allowsChangedData) }
    try follow(output, resume: resume, allowsChangedData)
    var saved = output
    var events = try written.map {
      try EventFile(in: $0, after: metrics, step: training.state.step)
    }
    while !training.isFinished {
      let rate = training.learningRate
      let result = try training.step(pool)
      guard result.loss.isFinite, result.gradientNorm.isFinite else {
        throw ImitationError.diverged(step: training.state.step, checkpoint: saved)
      }
      if isFirst, let line = try log(result, rate: rate) {
        try events?.append(line)
        report(line)
      }
      let stops = !training.isFinished && agreed(shouldStop())
      let step = training.state.step
      if let output = written, stops || training.isFinished || step % checkpointInterval == 0 {
        try save(output)
        saved = output
        try events?.write()
      }
      if stops { break }
    }
    try events?.close()
    return training.isFinished ? .finished : .stopped
  }

  /// ``run(output:resume:allowsChangedData:report:shouldStop:)`` by its former order.
  @available(
    *, deprecated, renamed: "run(output:resume:allowsChangedData:report:shouldStop:)"
  )
  @discardableResult
  public func run(
    output: String? = nil, resume: Bool = false, shouldStop: () -> Bool,
    report: (TrainingMetrics) -> Void
  ) throws -> Outcome {
    try run(output: output, resume: resume, report: report, shouldStop: shouldStop)
  }

  /// Whether it is the only process or, of several, the one that writes and prints.
  public var isFirst: Bool { training.ranks.map { $0.rank == 0 } ?? true }

  /// Whether any process that shares the training says so.
  private func agreed(_ own: Bool) -> Bool { training.ranks?.any(own) ?? own }

  /// Reads what a training resumes from in all processes but the first, once that one has prepared
  /// the folder; all wait for each other.
  private func follow(_ output: String?, resume: Bool, _ allowsChangedData: Bool) throws {
    _ = agreed(false)
    if let output, resume, !isFirst {
      try self.resume(output, allowsChangedData)
    }
    _ = agreed(false)
  }

  private func resume(_ output: String, _ allowsChangedData: Bool) throws {
    let earlier = try Checkpoint(contentsOf: output)
    try compare(earlier.provenance, at: output, allowed: allowsChangedData)
    let others = (earlier.provenance.processors ?? []).filter { $0 != Processor.kind }
    provenance.processors = others + [Processor.kind]
    (metrics, pending, best) = try Checkpoint.resume(
      training, earlier, from: output, allowsChangedData: allowsChangedData)
  }

  private var checkpointInterval: Int { training.configuration.checkpointInterval }

  /// Adds a step to the sums; a line of metrics when one is due.
  private func log(_ result: TrainingProgram.Report, rate: Float) throws -> TrainingMetrics? {
    pending.loss += result.loss
    pending.gradientNorm += result.gradientNorm
    pending.count += 1
    let step = training.state.step
    guard step % training.configuration.logInterval == 0 || training.isFinished else { return nil }
    let figures = try training.figures()
    warnings = figures.compactMap(\.warning)
    let line = TrainingMetrics(
      step: step, loss: pending.loss / Double(pending.count),
      gradientNorm: pending.gradientNorm / Double(pending.count), learningRate: rate,
      validationLoss: try validate(at: step),
      figures: figures.isEmpty
        ? nil : Dictionary(figures.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 }))
    metrics.append(line)
    pending = PendingMetrics()
    return line
  }

  /// The loss of the held-out windows, with the first line of metrics after each checkpoint's step
  /// and at the end; the best weights are kept.
  private func validate(at step: Int) throws -> Double? {
    let before = metrics.last?.step ?? 0
    guard let validation,
      training.isFinished || step / checkpointInterval > before / checkpointInterval
    else { return nil }
    let weights = Weights(copying: training.state.average)
    let loss = try validation.loss(weights, after: step)
    // Losses of an earlier part of the training were others.
    if best.map({ loss < $0.loss || $0.step <= training.partStart }) ?? true, loss < .infinity {
      best = BestWeights(loss: loss, step: step, weights: weights)
    }
    return loss
  }

  private func save(_ output: String) throws {
    guard training.state.weights.elements.allSatisfy(\.isFinite) else {
      let earlier = FileManager.default.fileExists(atPath: output) ? output : nil
      throw ImitationError.diverged(step: training.state.step, checkpoint: earlier)
    }
    try checkpoint.write(
      to: output, training: Checkpoint.trainingTensors(training, pending: pending),
      best: best.map { Checkpoint.bestTensors($0, training.table) })
  }

  /// A snapshot of the present state.
  public var checkpoint: Checkpoint {
    Checkpoint(
      configuration: training.configuration, provenance: provenance,
      shape: training.data.shape, normalizer: training.data.normalizer,
      weights: Weights(copying: training.state.average), step: training.state.step, metrics: metrics
    )
  }

  /// Refuses to go on with demonstrations that have changed, or notes the digest that they had.
  private func compare(_ earlier: Checkpoint.Provenance, at path: String, allowed: Bool) throws {
    // A digest of all that a file holds, as it always was, is compared as such.
    let now =
      earlier.digestCovers == provenance.digestCovers
      ? provenance.digest : earlier.digestCovers == nil ? try demonstrations.digest() : nil
    provenance.formerDigests = earlier.formerDigests
    if now == earlier.digest { return }
    guard allowed else {
      throw ImitationError.changedData(
        path: path, demonstrations: demonstrations.path, then: earlier.digest,
        now: now ?? provenance.digest)
    }
    provenance.formerDigests = (earlier.formerDigests ?? []) + [earlier.digest]
  }

  private func prepare(_ output: String, resume: Bool, _ allowsChangedData: Bool) throws {
    var isFolder: ObjCBool = false
    let exists = FileManager.default.fileExists(atPath: output, isDirectory: &isFolder)
    if resume && exists {
      try self.resume(output, allowsChangedData)
    } else if exists, !isFolder.boolValue {
      throw ImitationError.cannotWrite(path: output, reason: "there is a file of that name")
    } else if let contents = try? FileManager.default.contentsOfDirectory(atPath: output),
      !contents.isEmpty
    {
      throw contents.contains("config.json")
        ? ImitationError.alreadyThere(path: output)
        : ImitationError.cannotWrite(path: output, reason: "the folder has other contents")
    } else {
      try training.configuration.policy.method.sampling?.checkChosenAnew()
      // From the first seconds on there is a whole checkpoint, of no step yet.
      try save(output)
    }
  }
}
