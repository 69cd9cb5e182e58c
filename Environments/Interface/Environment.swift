/// The value of one observation space at one time, row-major.
public enum ObservationValue: Sendable, Hashable {
  /// Numbers in the units of the space's components.
  case float32([Float])
  /// The same in 64 bits, where 32 do not hold them.
  case float64([Double])
  /// Bytes of an image.
  case uint8([UInt8])

  /// The numbers, bytes among them, in 64 bits.
  public var numbers: [Double] {
    switch self {
    case .float32(let values): values.map { Double($0) }
    case .float64(let values): values
    case .uint8(let bytes): bytes.map { Double($0) }
    }
  }
}

/// What an agent sees at one time: a value for each observation space that was asked for.
public typealias ObservationFrame = [String: ObservationValue]

/// What is fixed about an environment: its spaces, its clock and its task.
public struct EnvironmentDescription: Codable, Sendable, Hashable {
  /// The environment's name, such as `push`.
  public var name: String
  /// The options that it was made with; every option has a value.
  public var options: [String: Double]
  /// What can be observed.
  public var observations: [Space]
  /// What an action is.
  public var action: Space
  /// Decisions a second; 0 where a step takes as long as it takes (the claw).
  public var controlRate: Double
  /// The longest episode, in steps.
  public var episodeLimit: Int
  /// The sub-tasks, in the order of `SubtaskEvent.subtask`.
  public var subtasks: [String]

  private enum CodingKeys: String, CodingKey {
    case name, options, observations, action, subtasks
    case controlRate = "control_rate"
    case episodeLimit = "episode_limit"
  }

  /// Reads a description, also as version 0.1 wrote it.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    name = try container.decode(String.self, forKey: .name)
    options = try container.decode([String: Double].self, forKey: .options)
    observations = try container.decode([Space].self, forKey: .observations)
    action = try container.decode(Space.self, forKey: .action)
    subtasks = try container.decode([String].self, forKey: .subtasks)
    controlRate = try container.decode(
      Double.self, forKey: .controlRate, before: "controlRate", decoder)
    episodeLimit = try container.decode(
      Int.self, forKey: .episodeLimit, before: "episodeLimit", decoder)
  }

  /// Creates a description.
  public init(
    name: String, options: [String: Double], observations: [Space], action: Space,
    controlRate: Double, episodeLimit: Int, subtasks: [String]
  ) {
    self.name = name
    self.options = options
    self.observations = observations
    self.action = action
    self.controlRate = controlRate
    self.episodeLimit = episodeLimit
    self.subtasks = subtasks
  }
}

/// What one step did.
public struct StepResult: Sendable, Hashable {
  /// The reward of the step.
  public var reward: Float
  /// The sub-tasks that this step completed, as indices into ``EnvironmentDescription/subtasks``.
  public var completed: [Int]
  /// Whether the whole task is done.
  public var isSuccess: Bool
  /// Whether the episode is over: success, or the episode limit.
  public var isFinished: Bool

  /// Creates a result.
  public init(reward: Float, completed: [Int], isSuccess: Bool, isFinished: Bool) {
    self.reward = reward
    self.completed = completed
    self.isSuccess = isSuccess
    self.isFinished = isFinished
  }
}

/// A simulated task: deterministic for a seed, restorable, drawable.
///
/// An environment owns its world, so it is a class, and one thread uses it at a time; other
/// threads make their own through the ``EnvironmentRegistry``.
public protocol Environment: AnyObject {
  /// Spaces, clock and task.
  var description: EnvironmentDescription { get }

  /// Starts an episode; the same seed gives the same episode to the last bit.
  func reset(seed: UInt64)

  /// The present value of one observation space.
  ///
  /// - Throws: `UnknownName` for a name that is not among
  ///   the description's observations.
  func observation(_ name: String) throws -> ObservationValue

  /// Executes one action (units of the description's action space; values outside are clamped).
  ///
  /// - Throws: ``EnvironmentError`` for an action of another length, or with a NaN or infinity.
  func step(_ action: [Float]) throws -> StepResult

  /// Everything needed to continue from here: poses, velocities, task progress, step count; empty
  /// where a simulator elsewhere does not save its states.
  var state: [Float] { get }

  /// Goes back to a saved state; two restores of one state continue identically.
  ///
  /// - Throws: ``EnvironmentError`` for a state of another length or with impossible values.
  func restore(_ state: [Float]) throws

  /// What has been done so far and how, in a few discrete words (`first_block` → `red`), the same
  /// keys for every episode once it has succeeded; behaviour entropy is computed over it.
  var behaviour: [String: String] { get }

  /// The present picture, in the environment's own units.
  var scene: Scene { get }
}

extension Environment {
  /// The present values of several observation spaces.
  public func observations(_ names: [String]) throws -> ObservationFrame {
    var values: ObservationFrame = [:]
    for name in names { values[name] = try observation(name) }
    return values
  }
}

/// Something that shows how a task is done, bound to the environment that it was made for.
public protocol Demonstrator: AnyObject {
  /// Makes this episode's choices; call after the environment's `reset`. Deterministic for a seed.
  func begin(seed: UInt64)

  /// The action for the environment's present state.
  func action() -> [Float]

  /// The choices of this episode (which toy, which zone, which side), stored with the recording.
  var choices: [String: String] { get }
}

/// An environment whose demonstrator's distribution of actions is known at every observation.
public protocol KnownActionDistribution: Environment {
  /// Independent draws from the demonstrator's distribution at the present observation.
  func demonstratorActions(count: Int, seed: UInt64) -> [[Float]]

  /// The number of modes that the distribution has now (toys on the field).
  var modeCount: Int { get }

  /// The mode that an action belongs to (the toy that it lands on), or nil for none.
  func mode(of action: [Float]) -> Int?

  /// ln of the demonstrator's probability density at an action, in the action's units, at the
  /// present observation; −∞ where it never acts; nil unless it is known.
  func demonstratorLogDensity(of action: [Float]) -> Double?

  /// What is measured of actions in this task beside what is measured in all of them; nothing
  /// unless said otherwise.
  var actionMetrics: [ActionMetric] { get }
}

extension KnownActionDistribution {
  /// Not known.
  public func demonstratorLogDensity(of action: [Float]) -> Double? { nil }

  /// No metrics of the task's own.
  public var actionMetrics: [ActionMetric] { [] }
}
