public import Demonstrations
public import EnvironmentInterface
public import Imitation

/// Episodes that an agent plays, many at once.
///
/// Episode i starts from the environment's `reset(seed: seed + i)`. Blocks of episodes go in lock
/// step, so that the agent decides for several at once; blocks are spread over threads. Neither
/// changes the results: the same seed gives the same episodes on any number of threads.
public struct Rollout: Sendable {
  /// How many episodes are played.
  public var episodes: Int
  /// The seed of the first episode.
  public var seed: UInt64
  /// How many episodes share a call of the agent.
  public var blockSize = 25
  /// How many blocks run at once; as many as processors unless said otherwise.
  public var threads = OrderedWork.defaultThreads
  /// The seed of the one initial state that all episodes start from, so that only the decisions
  /// differ; nil for an initial state each.
  public var commonStart: UInt64?
  /// The observations that are kept in the episodes.
  public var keptObservations: [String]
  /// Whether the environment's states are kept in the episodes, for replays.
  public var keepsStates: Bool

  /// Creates rollouts.
  ///
  /// - Parameters:
  ///   - episodes: How many episodes are played.
  ///   - seed: The seed of the first one; the others follow it.
  ///   - keptObservations: The observations that are kept in the episodes.
  ///   - keepsStates: Whether the environment's states are kept too.
  public init(
    episodes: Int, seed: UInt64, keeping keptObservations: [String], keepsStates: Bool = false
  ) {
    self.episodes = episodes
    self.seed = seed
    self.keptObservations = keptObservations
    self.keepsStates = keepsStates
  }

  /// Plays the episodes.
  ///
  /// - Parameters:
  ///   - makeEnvironment: Makes the environment; called on several threads.
  ///   - makeAgent: Makes the agent, one a thread.
  ///   - deliver: Takes each block of episodes when it is finished, in the order of their seeds.
  ///   - lost: Takes each episode that was lost with another program's world, before the block that
  ///     it was of; what it throws ends the rollouts, and it throws the loss unless given.
  ///   - progress: Called after each block with the number of finished episodes; false to stop.
  /// - Returns: The episodes in the order of their seeds; fewer where `progress` stopped or some
  ///   were lost.
  /// - Throws: ``EvaluationError`` for settings below 1, `ImitationError` for an agent's unusable
  ///   answer, and what agent, environment and `progress` throw.
  public func run(
    environment makeEnvironment: @escaping @Sendable () throws -> any Environment,
    agent makeAgent: @escaping @Sendable () throws -> any Agent,
    deliver: ([Episode]) throws -> Void = { _ in },
    lost: (LostEpisode) throws -> Void = { throw $0 },
    progress: (Int) throws -> Bool = { _ in true }
  ) throws -> [Episode] {
    for (name, value) in [("episodes", episodes), ("block size", blockSize), ("threads", threads)]
    where value < 1 {
      throw EvaluationError.badSetting(name: name, value: "\(value)", expected: "at least 1")
    }
    let (episodes, seed, blockSize) = (episodes, seed, blockSize)
    let (keptObservations, keepsStates, start) = (keptObservations, keepsStates, commonStart)
    var finished: [Episode] = []
    try OrderedWork(threads: threads).run(
      count: (episodes + blockSize - 1) / blockSize,
      context: {
        try RolloutBlock(
          agent: makeAgent(), keptObservations: keptObservations, keepsStates: keepsStates,
          makeEnvironment: makeEnvironment)
      },
      job: { block, index in
        let first = index * blockSize
        let indices = first..<min(first + blockSize, episodes)
        return try block.play(seeds: indices.map { seed &+ UInt64($0) }, start: start)
      },
      deliver: { _, block in
        try block.lost.forEach(lost)
        finished += block.episodes
        try deliver(block.episodes)
        return try progress(finished.count)
      })
    return finished
  }
}
