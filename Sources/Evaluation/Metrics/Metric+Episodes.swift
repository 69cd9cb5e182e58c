import Demonstrations
import EnvironmentInterface
import PolicyMetrics

extension Metric {
  /// The metrics of episodes, in the order of their columns.
  ///
  /// - Parameter subtasks: How many sub-tasks the task has.
  /// - Returns: The metrics.
  public static func ofEpisodes(subtasks: Int) -> [Metric] {
    [success] + (0..<subtasks).map { tasksAtLeast($0 + 1) }
      + [
        largestReward, finalReward, tasksWasserstein, timeWasserstein, stateWasserstein, density,
        coverage, behaviourEntropy,
      ]
  }

  /// The fraction of rollouts that do the whole task; nil where demonstrations do not tell.
  public static let success = Metric(
    "success", title: "Success", better: .up, decimals: 3,
    "fraction of the rollouts that do the whole task"
  ) { material in
    guard material.demonstrations.contains(where: { $0.attributes.success != nil }) else {
      return nil
    }
    let successes = material.rollouts.count { $0.attributes.success == true }
    return Double(successes) / Double(material.rollouts.count)
  }

  /// The fraction of rollouts that complete at least `k` sub-tasks; nil where no demonstration
  /// does.
  public static func tasksAtLeast(_ k: Int) -> Metric {
    Metric(
      "tasks_at_least_\(k)", title: "Tasks ≥ \(k)", better: .up, decimals: 3,
      "fraction of the rollouts that complete at least \(k) sub-task\(k == 1 ? "" : "s")"
    ) { material in
      guard k <= material.mostSubtasks else { return nil }
      return try TaskMetrics.fraction(
        completingAtLeast: k, of: material.rollouts.map(\.attributes.completionSteps))
    }
  }

  /// The mean of the largest reward; nil where rewards are given for sub-tasks alone.
  public static let largestReward = Metric(
    "reward_max", title: "Max reward", better: .up, decimals: 3,
    "mean over the rollouts of the largest reward of a step"
  ) { material in
    material.hasRewardsOfItsOwn ? material.mean { Double($0.rewards.max() ?? 0) } : nil
  }

  /// The mean of the last reward; nil where rewards are given for sub-tasks alone.
  public static let finalReward = Metric(
    "reward_final", title: "Final reward", better: .up, decimals: 3,
    "mean over the rollouts of the last step's reward"
  ) { material in
    material.hasRewardsOfItsOwn ? material.mean { Double($0.rewards.last ?? 0) } : nil
  }

  /// W1 between completion vectors; nil where demonstrations complete nothing.
  public static let tasksWasserstein = Metric(
    "tasks_wasserstein", title: "Tasks W1", better: .down, decimals: 3,
    "W1 between the episodes' completion vectors (one 0/1 entry a sub-task; cost = entries that "
      + "differ)"
  ) { material in
    guard material.mostSubtasks > 0 else { return nil }
    return try TaskMetrics.tasksWasserstein(
      material.rollouts.map(\.attributes.completionSteps),
      material.reference.map(\.attributes.completionSteps), seed: material.seed)
  }

  /// W1 between completion times; nil where demonstrations complete nothing, or are single steps.
  public static let timeWasserstein = Metric(
    "time_wasserstein", title: "Time W1", better: .down, decimals: 2,
    "for each sub-task the 1-D W1 between completion times in steps (never = the episode limit), "
      + "averaged over the sub-tasks that demonstrations complete"
  ) { material in
    let expected = material.reference.map(\.attributes.completionSteps)
    guard material.mostSubtasks > 0, material.hasSeveralSteps,
      expected.contains(where: { $0.contains { $0 >= 0 } })
    else { return nil }
    return try TaskMetrics.timeWasserstein(
      material.rollouts.map(\.attributes.completionSteps), demonstrations: expected,
      limit: material.description.episodeLimit)
  }

  /// W1 between states; nil where there are none to compare.
  public static let stateWasserstein = Metric(
    "state_wasserstein", title: "State W1", better: .down, decimals: 3,
    "W1 between 2,000 states of each side, each dimension divided by the demonstrations' standard "
      + "deviation (those that change within no demonstration left out), Euclidean cost, divided "
      + "by √dimensions"
  ) { try $0.states()?.wasserstein() }

  /// The density of the same states.
  public static let density = Metric(
    "density", title: "Density", better: .up, decimals: 3,
    "density of the same states (Naeem et al. 2020; 5th nearest neighbour, strictly inside)"
  ) { try $0.spread()?.density }

  /// The coverage of the same states.
  public static let coverage = Metric(
    "coverage", title: "Coverage", better: .up, decimals: 3,
    "coverage of the same states (Naeem et al. 2020; 5th nearest neighbour, strictly inside)"
  ) { try $0.spread()?.coverage }

  /// How evenly the ways to do the task are used; nil where demonstrations have fewer than two.
  public static let behaviourEntropy = Metric(
    "behaviour_entropy", title: "Behaviour entropy", better: .up, decimals: 3,
    "entropy of the behaviours of all successful episodes, divided by the logarithm of the number "
      + "of different behaviours among the successful demonstrations; 0 without success"
  ) { material in
    BehaviourEntropy.normalised(
      material.rollouts.successfulBehaviours,
      modeCount: Set(material.demonstrations.successfulBehaviours).count)
  }
}

extension MetricMaterial {
  /// Whether some step of a demonstration is rewarded that completes no sub-task.
  fileprivate var hasRewardsOfItsOwn: Bool {
    demonstrations.contains { episode in
      let completing = Set(episode.attributes.completionSteps)
      return episode.rewards.indices.contains {
        episode.rewards[$0] != 0 && !completing.contains($0 + 1)
      }
    }
  }
}

extension [Episode] {
  fileprivate var successfulBehaviours: [[String: String]] {
    filter { $0.attributes.success == true }.map(\.attributes.behaviour)
  }
}
