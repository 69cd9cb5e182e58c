public import EnvironmentInterface

/// The control loop of a policy: it looks at the latest observations, plans a chunk of actions, and
/// executes some of them before it looks again.
///
/// ```swift
/// var loop = RecedingHorizon(policy, seed: 7)
/// for step in 0..<300 {
///   let action = try loop.action(seeing: robot.observe(), step: step)
///   robot.execute(action)
/// }
/// ```
///
/// Rollouts, the studio and robots use this same loop. One thread at a time.
///
/// Source: Chi et al., "Diffusion Policy", RSS 2023, section II.
public struct RecedingHorizon {
  /// What decides.
  public let agent: any Agent
  /// The observations and actions that it remembers.
  public private(set) var memory: ControlMemory

  /// Begins an episode.
  ///
  /// - Parameters:
  ///   - agent: What decides, such as a ``Policy``.
  ///   - seed: The key of the episode's random numbers.
  public init(_ agent: any Agent, seed: UInt64) {
    self.agent = agent
    memory = ControlMemory(seed: seed, observationHorizon: agent.observationHorizon)
  }

  /// Begins another episode.
  public mutating func reset(seed: UInt64) { memory.reset(seed: seed) }

  /// The action of one control step; decides where no planned action is left.
  ///
  /// - Parameters:
  ///   - frame: What is seen now.
  ///   - step: The step of the episode, from 0; the same seed and step give the same randomness.
  /// - Returns: The action, in the environment's units.
  /// - Throws: What the agent throws, and ``ImitationError/unusableAnswer(seed:step:reason:)``
  ///   where it plans nothing.
  public mutating func action(seeing frame: ObservationFrame, step: Int) throws -> [Float] {
    memory.observe(frame)
    if memory.needsDecision {
      let question = memory.question(at: step)
      let plans = try agent.act([question.window], keys: [question.key])
      memory.take(plans.first ?? [])
    }
    guard let action = memory.next() else {
      throw ImitationError.unusableAnswer(seed: memory.seed, step: step, reason: "no action")
    }
    return action
  }
}

/// Control loops in lock step that share an agent: all that need a decision are decided for in one
/// call.
public struct RecedingHorizons {
  /// What decides.
  public let agent: any Agent
  /// What each loop remembers.
  public private(set) var memories: [ControlMemory]

  /// Begins an episode for each seed.
  public init(_ agent: any Agent, seeds: [UInt64]) {
    self.agent = agent
    memories = seeds.map {
      ControlMemory(seed: $0, observationHorizon: agent.observationHorizon)
    }
  }

  /// The action of one control step of each loop.
  ///
  /// - Parameters:
  ///   - frames: What each loop sees now; nil for one whose episode is over.
  ///   - step: The step of the episodes, from 0.
  /// - Returns: For each loop its action, in the environment's units; nil for one that is over.
  ///   Each is the same as that of a ``RecedingHorizon`` of its own.
  /// - Throws: What the agent throws, and ``ImitationError/unusableAnswer(seed:step:reason:)``
  ///   where it plans nothing, or for another number of loops.
  public mutating func actions(
    seeing frames: [ObservationFrame?], step: Int
  ) throws -> [[Float]?] {
    for (index, frame) in frames.enumerated() {
      if let frame { memories[index].observe(frame) }
    }
    let deciding = frames.indices.filter { frames[$0] != nil && memories[$0].needsDecision }
    if let first = deciding.first {
      let questions = deciding.map { memories[$0].question(at: step) }
      let plans = try agent.act(questions.map(\.window), keys: questions.map(\.key))
      guard plans.count == deciding.count else {
        throw ImitationError.unusableAnswer(
          seed: memories[first].seed, step: step,
          reason: "\(plans.count) plan\(plans.count == 1 ? "" : "s") for \(deciding.count) windows")
      }
      for (index, plan) in zip(deciding, plans) { memories[index].take(plan) }
    }
    return try frames.indices.map { index in
      guard frames[index] != nil else { return nil }
      guard let action = memories[index].next() else {
        throw ImitationError.unusableAnswer(
          seed: memories[index].seed, step: step, reason: "no action")
      }
      return action
    }
  }
}
