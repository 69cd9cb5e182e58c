public import Demonstrations
public import EnvironmentInterface

/// All metrics of a set of episodes beside the demonstrations of the same task.
public struct EpisodeComparison: Sendable {
  /// The environment's clock and sub-tasks.
  public var description: EnvironmentDescription
  /// The names of the flat observations that make a state.
  public var features: [String]
  /// All demonstrations: they scale the states.
  public var demonstrations: [Episode]
  /// The seed of the subsamples.
  public var seed: UInt64

  /// Creates a comparison.
  public init(
    description: EnvironmentDescription, features: [String], demonstrations: [Episode],
    seed: UInt64 = 0
  ) {
    self.description = description
    self.features = features
    self.demonstrations = demonstrations
    self.seed = seed
  }

  /// Computes every metric for which the demonstrations have what it needs.
  ///
  /// Left out are: tasks and times where the demonstrations have no completion steps; `tasks ≥ k`
  /// beyond what any demonstration completes; times and states where every demonstration is a
  /// single step (they are the environment's doing then); behaviours where the demonstrations have
  /// fewer than two; rewards where they are given only for sub-tasks.
  ///
  /// - Parameters:
  ///   - rollouts: The episodes to judge; at least one.
  ///   - reference: The demonstrations to judge by; at least one.
  /// - Returns: The metrics' values, by their keys.
  /// - Throws: ``MetricError`` for no episodes, or episodes that do not fit each other.
  public func metrics(
    of rollouts: [Episode], against reference: [Episode]
  ) throws(MetricError) -> [String: Double] {
    guard !rollouts.isEmpty else { throw .empty(what: "set of rollouts") }
    guard !reference.isEmpty else { throw .empty(what: "set of demonstrations") }
    var values: [String: Double] = [:]
    if demonstrations.contains(where: { $0.attributes.success != nil }) {
      let successes = rollouts.count { $0.attributes.success == true }
      values["success"] = Double(successes) / Double(rollouts.count)
    }
    try values.merge(taskMetrics(of: rollouts, against: reference)) { $1 }
    try values.merge(stateMetrics(of: rollouts, against: reference)) { $1 }
    values["behaviour_entropy"] = BehaviourEntropy.normalised(
      successfulBehaviours(of: rollouts),
      modeCount: Set(successfulBehaviours(of: demonstrations)).count)
    if hasRewardsOfItsOwn {
      let count = Double(rollouts.count)
      values["reward_max"] = rollouts.reduce(0) { $0 + Double($1.rewards.max() ?? 0) } / count
      values["reward_final"] = rollouts.reduce(0) { $0 + Double($1.rewards.last ?? 0) } / count
    }
    return values
  }

  private func taskMetrics(
    of rollouts: [Episode], against reference: [Episode]
  ) throws(MetricError) -> [String: Double] {
    let count = description.subtasks.count
    let demonstrated = demonstrations.map(\.attributes.completionSteps)
    let most = demonstrated.map { $0.count { $0 >= 0 } }.max() ?? 0
    guard count > 0, most > 0, demonstrated.allSatisfy({ $0.count == count }) else { return [:] }
    let steps = rollouts.map(\.attributes.completionSteps)
    let expected = reference.map(\.attributes.completionSteps)
    var values: [String: Double] = [:]
    for k in 1...most {
      values["tasks_at_least_\(k)"] = try TaskMetrics.fraction(completingAtLeast: k, of: steps)
    }
    values["tasks_wasserstein"] = try TaskMetrics.tasksWasserstein(steps, expected, seed: seed)
    if hasSeveralSteps, expected.contains(where: { $0.contains { $0 >= 0 } }) {
      values["time_wasserstein"] = try TaskMetrics.timeWasserstein(
        steps, demonstrations: expected, limit: description.episodeLimit)
    }
    return values
  }

  private func stateMetrics(
    of rollouts: [Episode], against reference: [Episode]
  ) throws(MetricError) -> [String: Double] {
    guard hasSeveralSteps, !features.isEmpty else { return [:] }
    let sample = try StateSample(
      of: rollouts, against: reference, features: features, scale: demonstrations, seed: seed)
    let spread = try sample.densityCoverage()
    return [
      "state_wasserstein": try sample.wasserstein(), "density": spread.density,
      "coverage": spread.coverage,
    ]
  }

  private var hasSeveralSteps: Bool { demonstrations.contains { $0.count > 1 } }

  /// Whether some step is rewarded that completes no sub-task.
  private var hasRewardsOfItsOwn: Bool {
    demonstrations.contains { episode in
      let completing = Set(episode.attributes.completionSteps)
      return episode.rewards.indices.contains {
        episode.rewards[$0] != 0 && !completing.contains($0 + 1)
      }
    }
  }

  private func successfulBehaviours(of episodes: [Episode]) -> [[String: String]] {
    episodes.filter { $0.attributes.success == true }.map(\.attributes.behaviour)
  }
}
