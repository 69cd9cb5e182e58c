public import EnvironmentInterface
public import Neural

/// A trained policy, compiled for deciding: windows of observations in, chunks of actions out.
///
/// Loading compiles the network, computes what depends on the noise step alone and warms up the
/// product library, so that the first decision is as fast as any. A policy serves one thread at a
/// time; ``copy()`` makes another for another thread, which shares the weights.
public final class Policy: Agent {
  /// What was trained, how and on what.
  public let checkpoint: Checkpoint
  /// How it samples; nil for a method that does not denoise.
  public let sampler: SamplerSpecification?
  let decider: any Decider
  let rows: WindowRows
  private let workers: WorkerPool?
  private let precision: WeightPrecision

  /// Loads the policy of a checkpoint folder.
  ///
  /// - Parameters:
  ///   - path: The folder.
  ///   - sampler: How to sample; nil for the way it was configured.
  ///   - capacity: How many windows are decided at once; more are decided one such batch after
  ///     another.
  ///   - precision: How weights are kept; ``/Neural/WeightPrecision/half`` is faster where one
  ///     thread decides for one window.
  ///   - threads: How many threads share a decision. A control loop that decides now and then is
  ///     best with one: threads that slept take milliseconds to wake.
  ///   - methods: The methods that are known.
  ///   - backbones: The networks that are known.
  /// - Throws: An error that names the file and what is wrong with it.
  public convenience init(
    contentsOf path: String, sampler: SamplerSpecification? = nil, capacity: Int = 32,
    precision: WeightPrecision = .single, threads: Int = 1, methods: MethodRegistry = .standard,
    backbones: BackboneRegistry = .standard
  ) throws {
    try self.init(
      Checkpoint(
        contentsOf: path, parts: PolicyParts(methods: methods, backbones: backbones)),
      sampler: sampler, capacity: capacity, precision: precision, threads: threads)
  }

  /// Compiles a policy from a checkpoint in memory.
  ///
  /// - Parameters:
  ///   - checkpoint: The weights and what belongs to them.
  ///   - sampler: How to sample; nil for the way it was configured.
  ///   - capacity: How many windows are decided at once.
  ///   - precision: How weights are kept.
  ///   - threads: How many threads share a decision; neither it nor the capacity changes an answer.
  /// - Throws: An error for sampling options outside their range, or for a method without any.
  public init(
    _ checkpoint: Checkpoint, sampler: SamplerSpecification? = nil, capacity: Int = 32,
    precision: WeightPrecision = .single, threads: Int = 1
  ) throws {
    var configuration = checkpoint.configuration.policy
    if let sampler { configuration.method = try configuration.method.sampled(by: sampler) }
    WorkerPool.prepareThread()
    self.checkpoint = checkpoint
    self.sampler = configuration.method.sampling
    self.precision = precision
    workers = threads > 1 ? try WorkerPool(threads: threads) : nil
    decider = try PolicyModel(configuration, shape: checkpoint.shape).decider(
      weights: checkpoint.weights,
      options: DeciderOptions(
        capacity: max(capacity, 1), precision: precision, workers: workers))
    rows = WindowRows(
      shape: checkpoint.shape, normalizer: checkpoint.normalizer, capacity: decider.capacity,
      observations: decider.observations, images: decider.images)
    _ = [DecisionKey(seed: 0, step: 0)].withUnsafeBufferPointer { decider.decide($0) }
  }

  /// The same policy for another thread.
  ///
  /// - Throws: Nothing that making this one did not throw.
  public func copy() throws -> Policy {
    try Policy(
      checkpoint, sampler: sampler, capacity: decider.capacity, precision: precision,
      threads: workers?.threads ?? 1)
  }

  /// How many observations it sees, how many actions it predicts, how many are executed.
  public var horizons: Horizons { checkpoint.shape.horizons }

  /// The observation spaces that it looks at.
  public var observationNames: [String] { checkpoint.normalizer.observationNames }

  /// How many of the latest observations it looks at.
  public var observationHorizon: Int { horizons.observation }

  /// Decides for several windows; each answer depends on its own window and key alone, to the last
  /// bit.
  ///
  /// - Parameters:
  ///   - windows: What each decider sees; of a longer window the latest observations count, of a
  ///     shorter one the first is repeated.
  ///   - keys: The randomness of each decision; as many as windows.
  /// - Returns: For each window `horizons.action` actions, each within the demonstrations' range.
  /// - Throws: `WindowError` naming an observation that is missing or malformed, and
  ///   ``ImitationError/malformedWindow(reason:)`` for an empty window or keys of another number.
  public func act(_ windows: [ObservationWindow], keys: [DecisionKey]) throws -> [[[Float]]] {
    try chunks(windows, keys: keys).map { Array($0.prefix(horizons.action)) }
  }

  /// Decides for one window.
  ///
  /// - Parameters:
  ///   - window: What is seen.
  ///   - key: The randomness; the same window and key give the same actions.
  /// - Returns: `horizons.action` actions, each within the demonstrations' range.
  /// - Throws: What ``act(_:keys:)`` throws.
  public func act(_ window: ObservationWindow, key: DecisionKey) throws -> [[Float]] {
    try act([window], keys: [key])[0]
  }

  /// Decides as ``act(_:keys:)`` does and returns the actions in 64 bits, where
  /// places far from 0 are told apart.
  ///
  /// - Throws: What ``act(_:keys:)`` throws.
  public func actions(_ windows: [ObservationWindow], keys: [DecisionKey]) throws -> [[[Double]]] {
    try decide(windows, keys: keys).map { Array($0.prefix(horizons.action)) }
  }

  /// Decides as ``act(_:keys:)`` does and returns the whole chunks of `horizons.planned` actions.
  ///
  /// - Throws: What ``act(_:keys:)`` throws.
  public func chunks(_ windows: [ObservationWindow], keys: [DecisionKey]) throws -> [[[Float]]] {
    try decide(windows, keys: keys).map { $0.map { $0.map { Float($0) } } }
  }

  private func decide(
    _ windows: [ObservationWindow], keys: [DecisionKey]
  ) throws -> [[[Double]]] {
    guard windows.count == keys.count else {
      throw ImitationError.malformedWindow(
        reason: "\(windows.count) windows with \(keys.count) keys")
    }
    WorkerPool.prepareThread()
    var result: [[[Double]]] = []
    result.reserveCapacity(windows.count)
    for start in stride(from: 0, to: windows.count, by: decider.capacity) {
      let end = min(start + decider.capacity, windows.count)
      for (row, window) in windows[start..<end].enumerated() { try rows.write(window, row: row) }
      let chunks = keys.withUnsafeBufferPointer {
        decider.decide(UnsafeBufferPointer(rebasing: $0[start..<end]))
      }
      for row in 0..<(end - start) { result.append(try chunk(chunks, row: row)) }
    }
    return result
  }

  private func chunk(_ chunks: UnsafeMutableBufferPointer<Float>, row: Int) throws -> [[Double]] {
    let width = checkpoint.normalizer.actionWidth
    let values = try [Double](
      unsafeUninitializedCapacity: horizons.planned * width
    ) { values, count in
      try write(actionsOf: chunks, row: row, into: values)
      count = values.count
    }
    return stride(from: 0, to: values.count, by: width).map { Array(values[$0..<$0 + width]) }
  }

  /// Writes the first actions of a row's chunk in the environment's units, as many as there is room
  /// for.
  ///
  /// - Throws: ``WindowError`` where an action is not a number.
  func write(
    actionsOf chunks: UnsafeMutableBufferPointer<Float>, row: Int,
    into values: UnsafeMutableBufferPointer<Double>
  ) throws {
    let shape = checkpoint.shape
    let scale = checkpoint.normalizer.action
    for index in 0..<values.count / scale.width {
      let start =
        row * shape.chunkWidth + ((shape.horizons.past ?? 0) + index) * shape.actionWidth
      let features = UnsafeMutableBufferPointer(
        rebasing: chunks[start..<start + shape.actionWidth])
      // A robot is never told to go where nobody has shown it to go.
      for feature in features.indices {
        let reach = scale.reach(at: feature)
        features[feature] = min(max(features[feature], reach[0]), reach[1])
        if features[feature].isNaN { throw farthest(row: row) }
      }
      let action = UnsafeMutableBufferPointer(
        rebasing: values[index * scale.width..<(index + 1) * scale.width])
      scale.write(valuesOf: UnsafeBufferPointer(features), into: action)
      rows.place(action, row: row)
    }
  }

  /// What to say of a decision that is not a number: what was seen is too far from what was shown.
  private func farthest(row: Int) -> WindowError {
    let width = checkpoint.shape.stepObservationWidth
    let first = row * checkpoint.shape.observationWidth
    let seen = first..<first + checkpoint.shape.observationWidth
    let place = seen.max { abs(decider.observations[$0]) < abs(decider.observations[$1]) } ?? first
    var feature = width > 0 ? (place - first) % width : 0
    for scale in checkpoint.normalizer.observations {
      if feature < scale.featureWidth {
        return .farOutside(
          name: "observation '\(scale.name)'", index: scale.valueIndex(ofFeature: feature))
      }
      feature -= scale.featureWidth
    }
    return .farOutside(name: "observation '\(observationNames.first ?? "")'", index: 0)
  }

  /// Checks that the policy can act in an environment.
  ///
  /// - Throws: ``ImitationError/otherSpaces(reason:)``.
  public func checkFits(_ environment: EnvironmentDescription) throws {
    try checkActs(in: environment)
    try checkLooks(at: environment)
  }

  /// Checks that an environment has what the policy looks at, but for what it is told otherwise.
  func checkLooks(
    at environment: EnvironmentDescription, without told: Set<String> = []
  ) throws {
    func space(_ name: String) throws -> Space {
      guard let space = environment.observations.first(where: { $0.name == name }) else {
        throw ImitationError.otherSpaces(
          reason: "it looks at '\(name)', but '\(environment.name)' has "
            + environment.observations.map(\.name).joined(separator: ", "))
      }
      return space
    }
    for image in checkpoint.normalizer.images where !told.contains(image.name) {
      let shape = try space(image.name).shape
      guard shape == image.recordedShape else {
        throw ImitationError.otherSpaces(
          reason: "its '\(image.name)' is \(image.size), that of '\(environment.name)' is "
            + shape.map { "\($0)" }.joined(separator: "×"))
      }
    }
    for scale in checkpoint.normalizer.observations where !told.contains(scale.name) {
      let space = try space(scale.name)
      guard space.count == scale.width else {
        throw ImitationError.otherSpaces(
          reason: "its '\(scale.name)' has \(scale.width) values, that of '\(environment.name)' has"
            + " \(space.count)")
      }
    }
  }

  /// Checks that an environment's actions are the policy's.
  func checkActs(in environment: EnvironmentDescription) throws {
    if let name = estimatedObservation {
      throw ImitationError.otherSpaces(
        reason: "it estimates '\(name)' and does not act; 'rollout --estimator' takes it")
    }
    guard environment.action.count == checkpoint.normalizer.actionWidth else {
      throw ImitationError.otherSpaces(
        reason: "its actions have \(checkpoint.normalizer.actionWidth) values, those of"
          + " '\(environment.name)' have \(environment.action.count)")
    }
  }
}
