public import Demonstrations
public import EnvironmentInterface
import Naming

/// Recorded actions, executed again from the recorded start without looking.
///
/// Recordings of this package start from their states; others from what they show, where the
/// environment is an ``/EnvironmentInterface/ObservedStart``. In the world of the recording all
/// comes back; in another simulator, the error over time says how like the two are.
public struct Replay: Sendable {
  /// The error of one quantity at the end of one step, for every episode that is long enough.
  public struct Column: Sendable, Hashable {
    /// The observation, with the unit of the components that are compared: `block_pose [px]`.
    public let name: String
    /// For each of the asked steps, the episodes' errors in ascending order: the Euclidean distance
    /// over the components of one unit, for an angle the difference of directions.
    public let errors: [[Double]]
  }

  /// What a replay came to.
  public struct Result: Sendable, Hashable {
    /// The errors.
    public let columns: [Column]
    /// The mean over the episodes of the largest recorded and the largest replayed reward.
    public let recordedReward, replayedReward: Double
    /// How many episodes reach the task's goal when they are replayed.
    public let successes: Int
  }

  /// The observations that are compared.
  public var observations: [String]
  /// After how many steps, each at least 1.
  public var steps: [Int]
  /// How many episodes are replayed at once; as many as processors unless said otherwise.
  public var threads = OrderedWork.defaultThreads

  /// Creates a replay.
  public init(comparing observations: [String], after steps: [Int]) {
    self.observations = observations
    self.steps = steps
  }

  /// Replays episodes.
  ///
  /// - Parameters:
  ///   - episodes: The episodes, with the observations that are compared and that a start needs.
  ///   - makeEnvironment: Makes the environment; called once on each thread.
  ///   - progress: Called after each episode with the number of finished ones.
  /// - Returns: The errors and rewards.
  /// - Throws: ``EvaluationError`` for steps below 1 or an episode without what is needed, and what
  ///   the environment throws.
  public func run(
    _ episodes: [Episode],
    environment makeEnvironment: @escaping @Sendable () throws -> any Environment,
    progress: (Int) -> Void = { _ in }
  ) throws -> Result {
    if let step = steps.first(where: { $0 < 1 }) {
      throw EvaluationError.badSetting(name: "step", value: "\(step)", expected: "at least 1")
    }
    guard !episodes.isEmpty else {
      throw EvaluationError.missing(what: "episode to replay", where: "the recording")
    }
    let (steps, quantities) = (self.steps, try quantities(of: makeEnvironment().description))
    var errors = quantities.map { _ in steps.map { _ in [Double]() } }
    var rewards = (recorded: 0.0, replayed: 0.0)
    var successes = 0
    try OrderedWork(threads: threads).run(
      count: episodes.count, context: { try makeEnvironment() },
      job: { environment, index in
        try ReplayedEpisode(
          episodes[index], number: index, in: environment, quantities: quantities, steps: steps)
      },
      deliver: { index, replayed in
        for (quantity, row) in replayed.errors.enumerated() {
          for (step, error) in row.enumerated() {
            if let error { errors[quantity][step].append(error) }
          }
        }
        rewards.recorded += Double(episodes[index].rewards.max() ?? 0)
        rewards.replayed += replayed.reward
        successes += replayed.isSuccess ? 1 : 0
        progress(index + 1)
        return true
      })
    let count = Double(episodes.count)
    return Result(
      columns: zip(quantities, errors).map {
        Column(name: $0.name, errors: $1.map { $0.sorted() })
      },
      recordedReward: rewards.recorded / count, replayedReward: rewards.replayed / count,
      successes: successes)
  }

  /// What is compared: for each observation the components of one unit together, and each angle.
  private func quantities(of description: EnvironmentDescription) throws -> [ReplayQuantity] {
    try observations.flatMap { name in
      guard
        let space = description.observations.first(where: {
          $0.name == name && $0.elementType == .float32
        })
      else {
        throw UnknownName(
          kind: "flat observation of \(description.name)", name: name,
          known: description.observations.filter { $0.elementType == .float32 }.map(\.name))
      }
      return ReplayQuantity.all(of: space)
    }
  }
}
