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

  /// Computes every metric of episodes for which the demonstrations have what it needs.
  ///
  /// - Parameters:
  ///   - rollouts: The episodes to judge; at least one.
  ///   - reference: The demonstrations to judge by; at least one.
  /// - Returns: The metrics' values, by their keys.
  /// - Throws: `MetricError` for no episodes, or episodes that do not fit each other.
  public func metrics(
    of rollouts: [Episode], against reference: [Episode]
  ) throws -> [String: Double] {
    let material = try MetricMaterial(
      description: description, rollouts: rollouts, reference: reference,
      demonstrations: demonstrations, features: features, seed: seed)
    return try Metric.values(
      of: Metric.ofEpisodes(subtasks: description.subtasks.count), for: material)
  }
}
