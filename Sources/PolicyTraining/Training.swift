import Demonstrations
public import Neural
public import PolicyRuntime

/// One training under way: a compiled step, its data and its optimiser's state.
///
/// What step n does depends on the configuration, the data and n alone, so a training that is
/// restored from a checkpoint continues to the same bytes as one that never stopped.
public final class Training {
  /// What is trained and how.
  public let configuration: TrainingConfiguration
  /// The windows.
  public let data: WindowDataset
  /// Method and network.
  public let model: PolicyModel
  /// The network's parameters.
  public var table: ParameterTable { model.table }
  /// Weights, moments and the number of steps taken.
  public let state: OptimiserState

  private var part: TrainingPart
  private let watch: TrainingWatch?
  private let sharded: ShardedGradient?
  /// The processes that share the training; nil for this one alone.
  var ranks: (any TrainingRanks)? { sharded?.ranks }

  /// Builds the network and compiles its training step.
  ///
  /// - Parameters:
  ///   - configuration: What and how.
  ///   - data: The windows; its horizons are the configuration's.
  ///   - ranks: The processes that share each batch, at most as many as it has shards; nil for this
  ///     one alone.
  /// - Throws: ``/PolicyRuntime/ImitationError`` for an option out of its range or too little
  ///   memory.
  public init(
    _ configuration: TrainingConfiguration, data: WindowDataset,
    ranks: (any TrainingRanks)? = nil
  ) throws {
    try configuration.validate()
    let shards = configuration.shards ?? 1
    if let ranks, ranks.count > shards {
      throw ImitationError.optionOutOfRange(
        name: "the number of shards", value: "\(shards)",
        range: "at least \(ranks.count), the number of processes (--shards)")
    }
    model = try PolicyModel(configuration.policy, shape: data.shape)
    let table = model.table
    try TrainingMemory(configuration, shape: data.shape, table: table).check()
    let training = try model.training(
      on: data, batch: configuration.batch, seed: configuration.seed)
    part = TrainingPart(training, steps: configuration.steps)
    watch = try model.watch(data)
    sharded =
      shards > 1 || ranks != nil ? ShardedGradient(shards: shards, table, ranks: ranks) : nil
    state = OptimiserState(table, seed: configuration.seed)
    if let start = training.start {
      for buffer in [state.weights, state.average] { buffer.copy(from: start) }
    }
    state.take(training.constants, table)
    self.configuration = configuration
    self.data = data
  }

  /// Whether all steps have been taken.
  public var isFinished: Bool { state.step >= configuration.steps }

  /// The learning rate of the next step, by the schedule over the part that it belongs to.
  public var learningRate: Float {
    let range = part.steps(after: state.step)
    return configuration.learningRate.value(
      step: state.step + 1 - range.lowerBound, of: range.count)
  }

  /// The first step of the part of the training that is under way; losses before it were others.
  var partStart: Int { part.start }

  /// Goes on to the part of the training that the step belongs to.
  func enterPart() throws { try part.enter(state, table) }

  /// What the method watches besides the loss, under the averaged weights.
  ///
  /// - Throws: What its watch throws.
  public func figures() throws -> [TrainingFigure] {
    try watch?.figures(Weights(copying: state.average)) ?? []
  }

  /// Takes one step.
  ///
  /// - Parameter pool: The threads to use; how many changes nothing but the time.
  /// - Returns: The mean loss of the batch and the norm of its gradient before it is clipped.
  /// - Throws: `WindowError` where windows cannot be read from disk.
  public func step(_ pool: WorkerPool) throws -> TrainingProgram.Report {
    try enterPart()
    let step = state.step
    try part.training.source.prepare(step: step)
    part.training.program.precision = configuration.precision ?? .single
    let report = part.training.program.step(
      state, source: part.training.source, optimiser: configuration.optimiser,
      learningRate: learningRate, pool: pool,
      phase: TrainingPhase(
        parameters: part.training.parameters ?? 0..<table.trainedExtent, firstStep: part.start),
      sharded: sharded)
    part.training.source.finish(step: step, state: state)
    return report
  }
}

extension WindowDataset: TrainingWindows {
  /// A `WindowOrder` over its windows.
  public func order(batch: Int, seed: UInt64) throws -> any TrainingOrder {
    try WindowOrder(self, batch: batch, seed: seed)
  }

  /// The sizes of its windows: To, Do, Tp, A and those of images.
  public var shape: PolicyShape {
    PolicyShape(
      stepObservationWidth: stepObservationWidth, actionWidth: actionWidth, horizons: horizons,
      images: normalizer.images,
      actionReach: normalizer.action.reach.map { $0.map { [$0[0], $0[1]] } },
      actionCategories: normalizer.action.categories)
  }
}
