public import Neural

/// Everything that a training depends on besides the demonstrations.
public struct TrainingConfiguration: Codable, Sendable, Hashable {
  /// What is trained.
  public var policy: PolicyConfiguration
  /// Optimisation steps.
  public var steps: Int
  /// Windows a step.
  public var batch: Int
  /// The key of initial weights, order, noise steps and noise.
  public var seed: UInt64
  /// The learning rate over the steps.
  public var learningRate: LearningRate
  /// The optimiser.
  public var optimiser: AdamW
  /// Steps between two lines of metrics.
  public var logInterval: Int
  /// Steps between two checkpoints.
  public var checkpointInterval: Int
  /// How many bytes of demonstrations are held in memory; nil for `WindowDataset.defaultMemory`.
  ///
  /// What does not fit is read from disk in blocks, whose order depends on this number.
  public var memory: ByteCount?
  /// What is learnt, as the name of a dataset of each episode; nil for `actions`.
  ///
  /// With an observation, such as `obs/block_pose`, it is an estimator; see ``EstimatingAgent``.
  public var actions: String?
  /// The mask of the demonstrations whose episodes are used, such as `good`; nil for all episodes.
  public var mask: String?
  /// Into how many shards a batch is cut, whose gradients are added in a fixed tree; nil for one.
  ///
  /// Several processes may share the shards; the bytes depend on this number alone.
  public var shards: Int?
  /// How products round their operands; nil for ``/Neural/TrainingPrecision/single``.
  public var precision: TrainingPrecision?
  /// How many episodes are learnt from, drawn by the seed, those of a smaller number among those of
  /// a larger one; nil for all.
  public var episodes: Int?
  /// The episodes that are kept from the training to judge it; nil for none.
  public var validation: HeldOut?

  /// Creates a configuration.
  public init(
    policy: PolicyConfiguration = PolicyConfiguration(), steps: Int = 20_000, batch: Int = 256,
    seed: UInt64 = 0, learningRate: LearningRate = LearningRate(),
    optimiser: AdamW = AdamW(weightDecay: 1e-6, largestGradientNorm: 1),
    logInterval: Int = 100, checkpointInterval: Int = 1000, memory: ByteCount? = nil,
    mask: String? = nil, episodes: Int? = nil, validation: HeldOut? = nil, shards: Int? = nil,
    precision: TrainingPrecision? = nil, actions: String? = nil
  ) {
    self.episodes = episodes
    self.policy = policy
    self.steps = steps
    self.batch = batch
    self.seed = seed
    self.learningRate = learningRate
    self.optimiser = optimiser
    self.logInterval = logInterval
    self.checkpointInterval = checkpointInterval
    self.memory = memory
    self.mask = mask
    self.validation = validation
    self.shards = shards
    self.precision = precision
    self.actions = actions
  }

  /// Checks ranges that no type checks.
  ///
  /// - Throws: An error that names the option, such as
  ///   ``ImitationError/optionOutOfRange(name:value:range:)``.
  public func validate() throws {
    let check = ImitationError.check
    try check("steps", steps, 1...Int(UInt32.max))
    try check("batch", batch, 1...1_000_000)
    try check("the number of shards", shards ?? 1, 1...batch)
    try validation?.validate()
    if let episodes { try check("episodes", episodes, 1...Int.max) }
    try check("log interval", logInterval, 1...Int.max)
    try check("checkpoint interval", checkpointInterval, 1...Int.max)
    try policy.validate()
    try check("warm-up steps", learningRate.warmupSteps, 0...Int.max)
    guard learningRate.peak > 0, learningRate.peak.isFinite else {
      throw ImitationError.optionOutOfRange(
        name: "learning rate", value: "\(learningRate.peak)", range: "more than 0")
    }
    for (name, beta) in [("beta 1", optimiser.beta1), ("beta 2", optimiser.beta2)]
    where !(0..<1).contains(beta) {
      throw ImitationError.optionOutOfRange(
        name: "the optimiser's \(name)", value: "\(beta)", range: "at least 0 and less than 1")
    }
    guard optimiser.weightDecay >= 0 else {
      throw ImitationError.optionOutOfRange(
        name: "the weight decay", value: "\(optimiser.weightDecay)", range: "at least 0")
    }
    guard optimiser.epsilon > 0, optimiser.largestGradientNorm > 0 else {
      throw ImitationError.optionOutOfRange(
        name: "the optimiser's epsilon or largest gradient norm",
        value: "\(min(optimiser.epsilon, optimiser.largestGradientNorm))", range: "more than 0")
    }
  }
}
