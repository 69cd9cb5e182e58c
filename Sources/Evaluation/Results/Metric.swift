/// What one number of a benchmark means, and how it is shown.
public struct Metric: Sendable, Hashable {
  /// Which values are better.
  public enum Direction: Sendable, Hashable {
    /// The larger the better.
    case up
    /// The smaller the better.
    case down

    /// An arrow for column titles.
    public var arrow: String { self == .up ? "↑" : "↓" }
  }

  /// The key in files, such as `state_wasserstein`.
  public let key: String
  /// The title of its column, without the arrow.
  public let title: String
  /// Which values are better.
  public let direction: Direction
  /// How many decimals are shown.
  public let decimals: Int
  /// What it is, in one or two sentences.
  public let definition: String

  /// The title with the arrow for the better direction.
  public var heading: String { "\(title) \(direction.arrow)" }

  /// Creates a metric.
  public init(
    _ key: String, title: String, better direction: Direction, decimals: Int, _ definition: String
  ) {
    self.key = key
    self.title = title
    self.direction = direction
    self.decimals = decimals
    self.definition = definition
  }

  /// The metric of a key; one that is not known is shown under its key, larger being better.
  public init(key: String) {
    if let known = Self.catalogue.first(where: { $0.key == key }) {
      self = known
    } else if let k = key.split(separator: "_").last.flatMap({ Int($0) }),
      key == "tasks_at_least_\(k)"
    {
      self = Self.tasksAtLeast(k)
    } else {
      self.init(key, title: key, better: .up, decimals: 3, "")
    }
  }

  /// The fraction of rollouts that complete at least `k` sub-tasks.
  public static func tasksAtLeast(_ k: Int) -> Metric {
    Metric(
      "tasks_at_least_\(k)", title: "Tasks ≥ \(k)", better: .up, decimals: 3,
      "fraction of the rollouts that complete at least \(k) sub-task\(k == 1 ? "" : "s")")
  }

  /// The metrics' keys in the order of their columns.
  public static func ordered(_ keys: some Sequence<String>) -> [Metric] {
    let rank = Dictionary(uniqueKeysWithValues: catalogue.enumerated().map { ($1.key, $0) })
    return Set(keys).map(Metric.init(key:)).sorted {
      // `tasks_at_least_k` stands after `success`, by k.
      let left = rank[$0.key].map { 100 * $0 } ?? ($0.key.hasPrefix("tasks_at_least") ? 1 : 9999)
      let right = rank[$1.key].map { 100 * $0 } ?? ($1.key.hasPrefix("tasks_at_least") ? 1 : 9999)
      return (left, $0.key.count, $0.key) < (right, $1.key.count, $1.key)
    }
  }

  /// All metrics except `tasks_at_least_k`, in the order of their columns.
  public static let catalogue: [Metric] = [
    Metric(
      "success", title: "Success", better: .up, decimals: 3,
      "fraction of the rollouts that do the whole task"),
    Metric(
      "reward_max", title: "Max reward", better: .up, decimals: 3,
      "mean over the rollouts of the largest reward of a step"),
    Metric(
      "reward_final", title: "Final reward", better: .up, decimals: 3,
      "mean over the rollouts of the last step's reward"),
    Metric(
      "tasks_wasserstein", title: "Tasks W1", better: .down, decimals: 3,
      "W1 between the episodes' completion vectors (one 0/1 entry a sub-task; cost = entries that "
        + "differ)"),
    Metric(
      "time_wasserstein", title: "Time W1", better: .down, decimals: 2,
      "for each sub-task the 1-D W1 between completion times in steps (never = the episode limit), "
        + "averaged over the sub-tasks that demonstrations complete"),
    Metric(
      "state_wasserstein", title: "State W1", better: .down, decimals: 3,
      "W1 between 2,000 states of each side, each dimension divided by the demonstrations' standard "
        + "deviation (those that change within no demonstration left out), Euclidean cost, divided "
        + "by √dimensions"),
    Metric(
      "density", title: "Density", better: .up, decimals: 3,
      "density of the same states (Naeem et al. 2020; 5th nearest neighbour, strictly inside)"),
    Metric(
      "coverage", title: "Coverage", better: .up, decimals: 3,
      "coverage of the same states (Naeem et al. 2020; 5th nearest neighbour, strictly inside)"),
    Metric(
      "behaviour_entropy", title: "Behaviour entropy", better: .up, decimals: 3,
      "entropy of the behaviours of all successful episodes, divided by the logarithm of the number "
        + "of different behaviours among the successful demonstrations; 0 without success"),
    Metric(
      "action_wasserstein", title: "Action W1", better: .down, decimals: 4,
      "W1 between the agent's and the demonstrator's actions at the same initial observation, "
        + "averaged over observations"),
    Metric(
      "action_density", title: "Action density", better: .up, decimals: 3,
      "density of the same actions (Naeem et al. 2020; 5th nearest neighbour)"),
    Metric(
      "action_coverage", title: "Action coverage", better: .up, decimals: 3,
      "coverage of the same actions (Naeem et al. 2020; 5th nearest neighbour)"),
    Metric(
      "on_toy", title: "On a toy", better: .up, decimals: 3,
      "fraction of the same actions that land on a toy"),
    Metric(
      "toy_coverage", title: "Toy coverage", better: .up, decimals: 3,
      "fraction of the toys on the field that receive at least a fifth of the actions that the "
        + "demonstrator gives them"),
    Metric(
      "decision_milliseconds", title: "Decision ms", better: .down, decimals: 4,
      "median time of one decision for one observation on one thread, after warm-up, beside "
        + "whatever else the machine did; a clock's value, which no second run gives again"),
  ]
}
