public import EnvironmentInterface

/// Records what an environment's scripted demonstrator does.
///
/// Attempt i is the environment's and the demonstrator's episode with the seed `seed + i`. Attempts
/// are made in parallel and handed over in order, so that the same seed records the same episodes
/// on any number of threads.
public struct Recorder: Sendable {
  /// What a recording came to.
  public struct Summary: Codable, Sendable, Hashable {
    /// How many episodes were kept.
    public var kept = 0
    /// How many failed and were left out.
    public var discarded = 0
  }

  /// How many episodes are kept.
  public var episodes: Int
  /// The seed of the first attempt.
  public var seed: UInt64
  /// The seed of the one initial state that all attempts start from, so that only the
  /// demonstrator's choices differ; nil for an initial state each.
  public var commonStart: UInt64?
  /// The observations that are recorded.
  public var observations: [String]
  /// Whether the environment's states are recorded, for replays.
  public var keepsStates = true
  /// Whether failed episodes are kept too.
  public var keepsFailures = false
  /// How many attempts run at once; as many as processors unless said otherwise.
  public var threads = OrderedWork.defaultThreads

  /// Creates a recorder of so many episodes.
  public init(episodes: Int, seed: UInt64, observations: [String]) {
    self.episodes = episodes
    self.seed = seed
    self.observations = observations
  }

  /// Records.
  ///
  /// - Parameters:
  ///   - makeEnvironment: Makes the environment; called once on each thread.
  ///   - makeDemonstrator: Makes the demonstrator of an environment.
  ///   - each: Takes each kept episode, in order, with the summary so far; false to stop.
  /// - Returns: How many episodes were kept, and how many discarded.
  /// - Throws: ``RecordingError`` for settings below 1, or when, after 200 attempts, fewer than one
  ///   in fifty has succeeded, or for an episode in which a simulator elsewhere failed; and what
  ///   environment and `each` throw.
  @discardableResult
  public func record(
    environment makeEnvironment: @escaping @Sendable () throws -> any Environment,
    demonstrator makeDemonstrator:
      @escaping @Sendable (any Environment) throws -> any Demonstrator,
    each: (Episode, Summary) throws -> Bool
  ) throws -> Summary {
    for (name, value) in [("episodes", episodes), ("threads", threads)] where value < 1 {
      throw RecordingError.badSetting(name: name, value: value)
    }
    let settings = self
    var summary = Summary()
    try OrderedWork(threads: threads).run(
      count: nil,
      context: {
        let environment = try makeEnvironment()
        return (environment, try makeDemonstrator(environment))
      },
      job: { stage, index in
        try settings.attempt(in: stage.0, by: stage.1, seed: settings.seed &+ UInt64(index))
      },
      deliver: { index, attempt in
        guard attempt.episode.attributes.success == true || keepsFailures else {
          summary.discarded += 1
          if index + 1 >= 200, summary.kept * 50 < index + 1 {
            throw RecordingError.demonstratorFails(
              environment: attempt.environment, attempts: index + 1, successes: summary.kept)
          }
          return true
        }
        summary.kept += 1
        return try each(attempt.episode, summary) && summary.kept < episodes
      })
    return summary
  }

  private func attempt(
    in environment: any Environment, by demonstrator: any Demonstrator, seed: UInt64
  ) throws -> (episode: Episode, environment: String) {
    do {
      return try played(in: environment, by: demonstrator, seed: seed)
    } catch EnvironmentError.lost(let reason), EnvironmentError.refused(let reason) {
      throw RecordingError.lost(seed: seed, reason: reason)
    }
  }

  private func played(
    in environment: any Environment, by demonstrator: any Demonstrator, seed: UInt64
  ) throws -> (episode: Episode, environment: String) {
    environment.reset(seed: commonStart ?? seed)
    demonstrator.begin(seed: seed)
    let description = environment.description
    var recording = try EpisodeRecording(
      of: description, observations: observations, keepsStates: keepsStates, seed: seed)
    var isFinished = false
    while !isFinished {
      let observation = try environment.observations(observations)
      let state = keepsStates ? environment.state : nil
      let action = demonstrator.action()
      let result = try environment.step(action)
      recording.append(observation: observation, state: state, action: action, result: result)
      isFinished = result.isFinished
    }
    let episode = recording.episode(
      behaviour: environment.behaviour, choices: demonstrator.choices)
    return (episode, description.name)
  }
}
