public import EnvironmentInterface

extension Metric {
  /// The metrics of single decisions, in the order of their columns.
  public static let ofDecisions = [actionWasserstein, actionDensity, actionCoverage]

  /// W1 between the agent's and the demonstrator's actions; nil where those are not known.
  public static let actionWasserstein = Metric(
    "action_wasserstein", title: "Action W1", better: .down, decimals: 4,
    "W1 between the agent's and the demonstrator's actions at the same initial observation, "
      + "averaged over observations"
  ) { $0.decisions?.actionWasserstein }

  /// The density of the same actions.
  public static let actionDensity = Metric(
    "action_density", title: "Action density", better: .up, decimals: 3,
    "density of the same actions (Naeem et al. 2020; 5th nearest neighbour)"
  ) { $0.decisions?.density }

  /// The coverage of the same actions.
  public static let actionCoverage = Metric(
    "action_coverage", title: "Action coverage", better: .up, decimals: 3,
    "coverage of the same actions (Naeem et al. 2020; 5th nearest neighbour)"
  ) { $0.decisions?.coverage }

  /// A task's own metric of actions.
  public static func own(_ metric: ActionMetric) -> Metric {
    Metric(metric.definition) { $0.decisions?.own[metric.definition.key] }
  }

  /// The time of one decision; nil for the demonstrations themselves.
  public static let decisionMilliseconds = Metric(
    "decision_milliseconds", title: "Decision ms", better: .down, decimals: 4,
    "median time of one decision for one observation on one thread, after warm-up, beside "
      + "whatever else the machine did; a clock's value, which no second run gives again"
  ) { $0.decisionMilliseconds }
}
