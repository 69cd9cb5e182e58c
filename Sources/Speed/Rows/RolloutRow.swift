import Demonstrations
import EnvironmentInterface
import Evaluation
import Imitation
import Synchronization

/// The time that a policy's episodes take on one thread, decided many at once and one by one, and
/// where it goes.
public struct RolloutRow: Codable, Sendable, Hashable {
  /// One way to play the episodes.
  public struct Way: Codable, Sendable, Hashable {
    /// How many episodes share a decision.
    public var blockSize: Int
    /// How many episodes were played.
    public var episodes: Int
    /// The steps of all episodes.
    public var steps: Int
    /// The time in seconds.
    public var seconds: Double
    /// The share of the time in the environment: its steps, observations and beginnings.
    public var environmentShare: Double
    /// The share of the time in which the policy decides.
    public var decidingShare: Double

    /// The share of everything else: windows, plans and recordings.
    public var otherShare: Double { 1 - environmentShare - decidingShare }
    /// Steps a second.
    public var stepsPerSecond: Double { Double(steps) / seconds }
  }

  /// The name of the row.
  public var row: String
  /// Episodes in lock step, as rollouts are played.
  public var lockStep: Way
  /// One episode after another.
  public var oneByOne: Way

  /// How many times longer a step takes one by one.
  public var gain: Double { lockStep.stepsPerSecond / oneByOne.stepsPerSecond }

  /// Measures.
  ///
  /// - Parameter task: The policy and its environment.
  /// - Returns: Both ways.
  /// - Throws: What rollouts throw.
  static func measure(_ task: PushTask) throws -> RolloutRow {
    var rollout = Rollout(episodes: 100, seed: 0, keeping: ["state"])
    rollout.threads = 1
    let lockStep = try way(rollout, task)
    // An untrained policy never ends an episode early: all are equally long, a few will do.
    (rollout.episodes, rollout.blockSize) = (10, 1)
    return RolloutRow(
      row: SpeedRow.rollouts(SpeedRow.task).description, lockStep: lockStep,
      oneByOne: try way(rollout, task))
  }

  private static func way(_ rollout: Rollout, _ task: PushTask) throws -> Way {
    let (environment, deciding) = (Stopwatch(), Stopwatch())
    let agents = PolicyAgents(try task.checkpoint(), capacity: rollout.blockSize)
    let registry = task.registry
    let start = ContinuousClock.now
    let episodes = try rollout.run(
      environment: {
        TimedEnvironment(try registry.make(SpeedRow.task), stopwatch: environment)
      }, agent: { TimedAgent(try agents.make(), stopwatch: deciding) })
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    return Way(
      blockSize: rollout.blockSize, episodes: episodes.count,
      steps: episodes.reduce(0) { $0 + $1.count }, seconds: seconds,
      environmentShare: environment.seconds / seconds, decidingShare: deciding.seconds / seconds)
  }
}

/// Adds up how long pieces of work take.
final class Stopwatch: Sendable {
  private let total = Mutex(Duration.zero)

  /// What was added up.
  var seconds: Double { total.withLock { $0 } / .seconds(1) }

  /// Times a piece of work.
  func time<Result>(_ body: () throws -> Result) rethrows -> Result {
    let start = ContinuousClock.now
    defer {
      let taken = ContinuousClock.now - start
      total.withLock { $0 += taken }
    }
    return try body()
  }
}

/// An environment whose every use is timed.
private final class TimedEnvironment: Environment {
  private let base: any Environment
  private let stopwatch: Stopwatch

  init(_ base: any Environment, stopwatch: Stopwatch) {
    self.base = base
    self.stopwatch = stopwatch
  }

  var description: EnvironmentDescription { base.description }
  var state: [Float] { stopwatch.time { base.state } }
  var behaviour: [String: String] { base.behaviour }
  var scene: Scene { base.scene }

  func reset(seed: UInt64) { stopwatch.time { base.reset(seed: seed) } }

  func observation(_ name: String) throws -> ObservationValue {
    try stopwatch.time { try base.observation(name) }
  }

  func step(_ action: [Float]) throws -> StepResult {
    try stopwatch.time { try base.step(action) }
  }

  func restore(_ state: [Float]) throws { try base.restore(state) }
}

/// An agent whose decisions are timed.
private final class TimedAgent: Agent {
  private let base: any Agent
  private let stopwatch: Stopwatch

  init(_ base: any Agent, stopwatch: Stopwatch) {
    self.base = base
    self.stopwatch = stopwatch
  }

  var observationNames: [String] { base.observationNames }
  var observationHorizon: Int { base.observationHorizon }

  func act(_ windows: [ObservationWindow], keys: [DecisionKey]) throws -> [[[Float]]] {
    try stopwatch.time { try base.act(windows, keys: keys) }
  }
}
