import Demonstrations
import Diffusion
public import EnvironmentInterface
public import Imitation

/// A policy that acts in an environment while somebody watches, and may take over.
///
/// Time is told from outside: ``tick()`` is one control period. At each decision the policy is
/// asked once as in a rollout, which is timed and executed, and once more for a cloud of candidates
/// with their way from noise to actions, which is only shown. One thread at a time.
public final class WatchingSession {
  /// What became of the episodes so far.
  public struct Tally: Codable, Sendable, Hashable {
    /// The number of episodes that have ended.
    public var episodes = 0
    /// How many of them succeeded.
    public var successes = 0
  }

  /// The number of candidates in the cloud.
  public static let cloudSize = 100

  /// The world.
  public let environment: any Environment
  /// How a person acts in it.
  public let steering: Steering?
  /// How the policy samples.
  public private(set) var sampler: SamplerSpecification?
  /// The samplers that the policy can be asked for; none for one that does not denoise.
  public let samplers: [SamplerSpecification.Kind]
  /// The seed of the episode.
  public private(set) var seed: UInt64
  /// The number of steps so far.
  public private(set) var step = 0
  /// The rewards so far: the last and the largest.
  public private(set) var reward: Float = 0, bestReward: Float = 0
  /// For each sub-task the number of steps after which it was complete; −1 for not yet.
  public private(set) var completionSteps: [Int] = []
  /// Whether the episode has done its task.
  public private(set) var isSuccess = false
  /// Whether the episode is over.
  public private(set) var isFinished = false
  /// Whether a person acts.
  public private(set) var isTakenOver = false
  /// What became of the episodes so far.
  public private(set) var tally = Tally()
  /// The latest decision of the episode; nil before the first.
  public private(set) var decision: WatchedDecision?

  /// Demonstrated latents, among which those of each decision's candidates are placed; nil for a
  /// method without latents or while none are known.
  public private(set) var latents: LatentPlane?

  private let checkpoint: Checkpoint
  private let encoder: ChunkEncoder?
  private var acting: Policy
  private var dreaming: Policy
  private var memory: ControlMemory
  private var command: [Float]?
  private var decisions = 0

  /// Puts a policy into an environment.
  ///
  /// - Parameters:
  ///   - checkpoint: The policy; nobody trains on it any more.
  ///   - environment: The world; nobody else may use it.
  ///   - seed: The seed of the first episode.
  /// - Throws: `ImitationError` for a policy that does not fit the environment.
  public init(_ checkpoint: Checkpoint, in environment: any Environment, seed: UInt64) throws {
    self.checkpoint = checkpoint
    self.environment = environment
    self.seed = seed
    steering = try? Steering(environment.description)
    acting = try Policy(checkpoint, capacity: 1)
    memory = ControlMemory(seed: seed, observationHorizon: acting.observationHorizon)
    try acting.checkFits(environment.description)
    sampler = acting.sampler
    let (method, own) = (checkpoint.configuration.policy.method, acting.sampler)
    samplers = SamplerSpecification.Kind.allCases.filter { kind in
      guard var sampler = own else { return false }
      sampler.kind = kind
      return (try? method.sampled(by: sampler)) != nil
    }
    dreaming = try Self.dreaming(checkpoint, sampler)
    encoder = try ChunkEncoder(checkpoint)
    try reset(seed: seed)
  }

  /// The policy's configuration.
  public var configuration: PolicyConfiguration { checkpoint.configuration.policy }
  /// How many observations, predicted actions, executed actions.
  public var horizons: Horizons { acting.horizons }
  /// How a policy's actions are scaled.
  public var normalizer: Normalizer { checkpoint.normalizer }

  /// Starts an episode.
  ///
  /// - Throws: What the environment throws.
  public func reset(seed: UInt64) throws {
    self.seed = seed
    environment.reset(seed: seed)
    step = 0
    (reward, bestReward) = (0, 0)
    completionSteps = environment.description.subtasks.map { _ in -1 }
    (isSuccess, isFinished) = (false, false)
    (command, decision) = (nil, nil)
    memory.reset(seed: seed)
    try observe()
  }

  /// Samples in another way from the next decision on.
  ///
  /// - Throws: `DiffusionError` or `ImitationError` for what this policy cannot do; it then goes on
  ///   sampling as before.
  public func sample(with sampler: SamplerSpecification) throws {
    let acting = try Policy(checkpoint, sampler: sampler, capacity: 1)
    dreaming = try Self.dreaming(checkpoint, sampler)
    self.acting = acting
    self.sampler = sampler
    memory.take([])
  }

  /// Whether the policy's method has latents.
  public var hasLatents: Bool { encoder != nil }

  /// Places decisions among demonstrated latents from the next one on.
  public func place(in plane: LatentPlane) {
    if hasLatents { latents = plane }
  }

  /// A person acts from now on; the world waits for the first command.
  public func takeOver() {
    isTakenOver = true
    command = nil
    memory.take([])
  }

  /// The policy acts again, from where the world is now.
  public func giveBack() {
    isTakenOver = false
    command = nil
    memory.take([])
  }

  /// Takes a person's command.
  ///
  /// - Throws: `EnvironmentError` for another length or a value that is not finite.
  public func steer(_ action: [Float]) throws {
    let action = try environment.description.action.clamped(action)
    if isTakenOver { command = action }
  }

  /// One control period: decides if there is no action left, and executes one.
  ///
  /// Where the environment has no clock, deciding and executing are two ticks, so that the decision
  /// can be looked at before it changes the world.
  ///
  /// - Throws: What policy and environment throw.
  public func tick() throws {
    guard !isFinished else { return }
    let action: [Float]
    if isTakenOver {
      guard let command else { return }
      action = command
      if steering?.kind == .click { self.command = nil }
    } else {
      if memory.needsDecision {
        try decide()
        if environment.description.controlRate == 0 { return }
      }
      guard let next = memory.next() else { return }
      action = next
    }
    let result = try environment.step(action)
    step += 1
    reward = result.reward
    bestReward = max(bestReward, reward)
    for subtask in result.completed where completionSteps.indices.contains(subtask) {
      if completionSteps[subtask] < 0 { completionSteps[subtask] = step }
    }
    isSuccess = isSuccess || result.isSuccess
    isFinished = result.isFinished
    if isFinished {
      tally.episodes += 1
      tally.successes += isSuccess ? 1 : 0
    }
    try observe()
  }

  private func observe() throws {
    memory.observe(try environment.observations(acting.observationNames))
  }

  private func decide() throws {
    let (window, key) = memory.question(at: step)
    let start = ContinuousClock.now
    let chosen = try acting.chunks([window], keys: [key]).first ?? []
    let milliseconds = (ContinuousClock.now - start) / .milliseconds(1)
    memory.take(chosen.prefix(horizons.action))
    decisions += 1
    let cloud: (times: [Int], stages: [[Float]], candidates: Int)
    if let trace = try dreaming.trace(window, key: key) {
      cloud = (trace.stages.map(\.time), trace.stages.map(\.chunks), trace.candidates)
    } else {
      let chunks = try dreaming.chunks(
        Array(repeating: window, count: Self.cloudSize),
        keys: (0..<Self.cloudSize).map { DecisionKey(seed: seed &+ UInt64($0), step: step) })
      cloud = ([0], [chunks.flatMap { $0.flatMap { $0 } }], chunks.count)
    }
    decision = WatchedDecision(
      serial: decisions, step: step, milliseconds: milliseconds, chosen: chosen,
      times: cloud.times, stages: cloud.stages, candidates: cloud.candidates,
      places: try places(of: cloud.stages.last ?? [], and: chosen, at: window))
  }

  /// Where candidates and the chosen chunk lie among the demonstrated latents.
  private func places(
    of candidates: [Float], and chosen: [[Float]], at window: ObservationWindow
  ) throws -> [SIMD2<Float>] {
    guard let latents, let encoder, let width = chosen.first?.count else { return [] }
    let actions = stride(from: 0, to: candidates.count, by: width).map {
      Array(candidates[$0..<$0 + width])
    }
    let chunks = stride(from: 0, to: actions.count, by: chosen.count).map {
      Array(actions[$0..<$0 + chosen.count])
    }
    return try encoder.latents(of: chunks + [chosen], at: window).map(latents.place)
  }

  /// The policy that is asked for the cloud.
  private static func dreaming(
    _ checkpoint: Checkpoint, _ sampler: SamplerSpecification?
  ) throws -> Policy {
    guard var sampler else { return try Policy(checkpoint, capacity: cloudSize) }
    sampler.candidates = max(sampler.candidates, cloudSize)
    // From zero all candidates would be one: the cloud shows what noise would lead to.
    sampler.start = .noise
    return try Policy(checkpoint, sampler: sampler, capacity: 1)
  }
}
