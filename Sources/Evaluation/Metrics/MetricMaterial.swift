public import Demonstrations
public import EnvironmentInterface
public import PolicyMetrics

/// What metrics are computed from: episodes beside demonstrations of the same task, and what is
/// known of the decisions.
///
/// What several metrics need is computed once, by the first that asks. One thread at a time.
public final class MetricMaterial {
  /// The environment's clock and sub-tasks.
  public let description: EnvironmentDescription
  /// The episodes to judge; at least one.
  public let rollouts: [Episode]
  /// The demonstrations to judge by; at least one.
  public let reference: [Episode]
  /// All demonstrations: they scale the states, and say what there is to measure.
  public let demonstrations: [Episode]
  /// The names of the flat observations that make a state.
  public let features: [String]
  /// The seed of the subsamples.
  public let seed: UInt64
  /// The agent's decisions beside the demonstrator's; nil where its distribution is not known.
  public let decisions: DecisionComparison.Outcome?
  /// How long one decision takes; nil for the demonstrations themselves.
  public let decisionMilliseconds: Double?

  /// Creates the material.
  ///
  /// - Throws: `MetricError` where there are no rollouts, or no demonstrations.
  public init(
    description: EnvironmentDescription, rollouts: [Episode], reference: [Episode],
    demonstrations: [Episode], features: [String], seed: UInt64 = 0,
    decisions: DecisionComparison.Outcome? = nil, decisionMilliseconds: Double? = nil
  ) throws(MetricError) {
    guard !rollouts.isEmpty else { throw .empty(what: "set of rollouts") }
    guard !reference.isEmpty else { throw .empty(what: "set of demonstrations") }
    self.description = description
    self.rollouts = rollouts
    self.reference = reference
    self.demonstrations = demonstrations
    self.features = features
    self.seed = seed
    self.decisions = decisions
    self.decisionMilliseconds = decisionMilliseconds
  }

  /// States of both sides; nil where there are none to compare: without flat observations, or where
  /// every demonstration is a single step, whose state is the environment's doing.
  ///
  /// - Throws: `MetricError` for episodes that do not fit each other.
  public func states() throws(MetricError) -> StateSample? {
    guard hasSeveralSteps, !features.isEmpty else { return nil }
    if let known = knownStates { return known }
    let sample = try StateSample(
      of: rollouts, against: reference, features: features, scale: demonstrations, seed: seed)
    knownStates = sample
    return sample
  }

  /// Density and coverage of the rollouts' states; nil where there are no ``states()``.
  func spread() throws(MetricError) -> DensityCoverage? {
    guard let states = try states() else { return nil }
    if let known = knownSpread { return known }
    let spread = try states.densityCoverage()
    knownSpread = spread
    return spread
  }

  private var knownStates: StateSample?
  private var knownSpread: DensityCoverage?

  /// Whether some demonstration has more than one step.
  var hasSeveralSteps: Bool { demonstrations.contains { $0.count > 1 } }

  /// The most sub-tasks that a demonstration completes; 0 where it is not told of all.
  var mostSubtasks: Int {
    let count = description.subtasks.count
    let steps = demonstrations.map(\.attributes.completionSteps)
    guard count > 0, steps.allSatisfy({ $0.count == count }) else { return 0 }
    return steps.map { $0.count { $0 >= 0 } }.max() ?? 0
  }

  /// The mean of a number of each rollout.
  func mean(_ value: (Episode) -> Double) -> Double {
    rollouts.reduce(0) { $0 + value($1) } / Double(rollouts.count)
  }
}
