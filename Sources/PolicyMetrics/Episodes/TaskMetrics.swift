/// Which sub-tasks were done, and when: metrics of completion steps.
///
/// An episode is given as one number a sub-task: the number of steps after which it was complete,
/// or -1 for never. Names after Pearce et al. 2023, Table 1; the paper leaves the features open, so
/// they are declared here.
public enum TaskMetrics {
  /// The fraction of episodes that complete at least `k` sub-tasks, 0…1.
  ///
  /// - Throws: ``MetricError/empty(what:)`` for no episodes.
  public static func fraction(
    completingAtLeast k: Int, of completionSteps: [[Int]]
  ) throws(MetricError) -> Double {
    guard !completionSteps.isEmpty else { throw .empty(what: "set of episodes") }
    let enough = completionSteps.count { $0.count { $0 >= 0 } >= k }
    return Double(enough) / Double(completionSteps.count)
  }

  /// W1 between completion vectors: one 0/1 entry a sub-task, cost = entries that differ.
  ///
  /// - Parameters:
  ///   - a: Completion steps of one set of episodes.
  ///   - b: Those of the other.
  ///   - seed: What the choice of episodes depends on where there are over 2,000.
  /// - Returns: The mean number of sub-tasks that would have to change, under the best pairing.
  /// - Throws: ``MetricError`` for no episodes, or different numbers of sub-tasks.
  public static func tasksWasserstein(
    _ a: [[Int]], _ b: [[Int]], seed: UInt64 = 0
  ) throws(MetricError) -> Double {
    // Between 0/1 vectors the squared Euclidean distance is the number of entries that differ.
    let limit = Wasserstein.largestExactCount
    return try Wasserstein.transportCost(
      completionVectors(a).sample(atMost: limit, seed: seed),
      completionVectors(b).sample(atMost: limit, seed: seed &+ 1), squared: true)
  }

  /// The mean over sub-tasks of the 1-D W1 between completion times.
  ///
  /// An episode that never completes a sub-task counts at the episode limit. Sub-tasks that no
  /// demonstration completes are left out.
  ///
  /// - Parameters:
  ///   - rollouts: Completion steps of the episodes to judge.
  ///   - demonstrations: Those to judge by.
  ///   - limit: The episode limit, in steps.
  /// - Returns: A distance in steps.
  /// - Throws: ``MetricError`` for no episodes, different numbers of sub-tasks, or demonstrations
  ///   that complete none.
  public static func timeWasserstein(
    _ rollouts: [[Int]], demonstrations: [[Int]], limit: Int
  ) throws(MetricError) -> Double {
    let subtasks = try subtaskCount(demonstrations)
    guard try subtaskCount(rollouts) == subtasks else {
      throw .sizeMismatch(
        what: "number of sub-tasks of a rollout", expected: subtasks, actual: rollouts[0].count)
    }
    var distances: [Double] = []
    for subtask in 0..<subtasks where demonstrations.contains(where: { $0[subtask] >= 0 }) {
      let times = { (episode: [Int]) in
        Double(episode[subtask] >= 0 ? episode[subtask] : limit)
      }
      try distances.append(
        Wasserstein.distance(rollouts.map(times), demonstrations.map(times)))
    }
    guard !distances.isEmpty else {
      throw .empty(what: "set of sub-tasks that demonstrations complete")
    }
    return distances.reduce(0, +) / Double(distances.count)
  }

  private static func completionVectors(_ episodes: [[Int]]) throws(MetricError) -> PointSet {
    _ = try subtaskCount(episodes)
    return try PointSet(episodes.map { $0.map { $0 >= 0 ? 1.0 : 0.0 } })
  }

  private static func subtaskCount(_ episodes: [[Int]]) throws(MetricError) -> Int {
    guard let count = episodes.first?.count else { throw .empty(what: "set of episodes") }
    for (index, episode) in episodes.enumerated() where episode.count != count {
      throw .sizeMismatch(
        what: "number of sub-tasks of episode \(index)", expected: count, actual: episode.count)
    }
    return count
  }
}
