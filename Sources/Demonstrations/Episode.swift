/// One recorded episode: what was seen, what was done, what came of it.
public struct Episode: Sendable, Hashable {
  /// What was executed: N × A, in the environment's units.
  public var actions: Series
  /// What was seen before each action, by name: N × shape each.
  public var observations: [String: Series]
  /// The reward of each step; N values.
  public var rewards: [Float]
  /// Whether the episode ended with a step; N values.
  public var dones: [Bool]
  /// The environment's state before each action, N × S; nil where a file has none.
  public var states: Series?
  /// Who, how and when.
  public var attributes: EpisodeAttributes

  /// Creates an episode.
  public init(
    actions: Series, observations: [String: Series], rewards: [Float], dones: [Bool],
    states: Series? = nil, attributes: EpisodeAttributes = EpisodeAttributes()
  ) {
    self.actions = actions
    self.observations = observations
    self.rewards = rewards
    self.dones = dones
    self.states = states
    self.attributes = attributes
  }

  /// The number of steps.
  public var count: Int { actions.count }
}

/// What is noted beside an episode.
public struct EpisodeAttributes: Codable, Sendable, Hashable {
  /// The seed that the environment was reset with.
  public var seed: UInt64?
  /// Whether the task was done.
  public var success: Bool?
  /// What was done in discrete words: the environment's behaviour at the end.
  public var behaviour: [String: String]
  /// The demonstrator's choices.
  public var choices: [String: String]
  /// For each sub-task the number of steps after which it was complete; -1 for never.
  public var completionSteps: [Int]
  /// Who or what recorded it.
  public var recordedBy: String?
  /// When, in ISO 8601.
  public var recordedAt: String?

  /// Creates attributes.
  public init(
    seed: UInt64? = nil, success: Bool? = nil, behaviour: [String: String] = [:],
    choices: [String: String] = [:], completionSteps: [Int] = [], recordedBy: String? = nil,
    recordedAt: String? = nil
  ) {
    self.seed = seed
    self.success = success
    self.behaviour = behaviour
    self.choices = choices
    self.completionSteps = completionSteps
    self.recordedBy = recordedBy
    self.recordedAt = recordedAt
  }

  /// What was done in one line, such as `order=left, side=top`; empty for nothing known.
  public var behaviourWords: String {
    behaviour.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ", ")
  }
}
