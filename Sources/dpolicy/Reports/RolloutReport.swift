import Demonstrations
import EnvironmentInterface
import Evaluation
import PolicyMetrics

/// What rollouts achieved, for a person or as JSON.
struct RolloutReport: Encodable {
  let environment: String
  let episodes: Int
  let success: Double
  /// Wilson's 95 % interval of the success rate, over this policy's episodes alone.
  let successWilsonInterval: [Double]
  /// The fraction of episodes that complete at least 1, 2, … sub-tasks.
  let tasksAtLeast: [Double]
  let meanLength: Double
  /// Means over the episodes of the sum of all rewards, the largest, and the last one.
  let meanReward: Double
  let rewardMax: Double
  let rewardFinal: Double
  let stepsPerSecond: Double

  init(_ played: [Episode], environment: EnvironmentDescription, stepsPerSecond: Double) throws {
    let count = Double(played.count)
    let successes = played.count { $0.attributes.success == true }
    let interval = try WilsonInterval(successes: successes, trials: played.count)
    let steps = played.reduce(0) { $0 + $1.count }
    self.environment = environment.name
    episodes = played.count
    success = Double(successes) / count
    successWilsonInterval = [interval.low, interval.high]
    tasksAtLeast = try (1...max(environment.subtasks.count, 1)).map {
      try TaskMetrics.fraction(
        completingAtLeast: $0, of: played.map(\.attributes.completionSteps))
    }
    meanLength = Double(steps) / count
    meanReward = played.reduce(0) { $0 + Double($1.rewards.reduce(0, +)) } / count
    rewardMax = played.reduce(0) { $0 + Double($1.rewards.max() ?? 0) } / count
    rewardFinal = played.reduce(0) { $0 + Double($1.rewards.last ?? 0) } / count
    self.stepsPerSecond = stepsPerSecond
  }

  /// Prints the report.
  func show(asJSON: Bool) throws {
    if asJSON { return try Output.json(self) }
    let tasks = tasksAtLeast.enumerated().map { "≥\($0 + 1): \(percent($1))" }
    try Output.result(
      """
      \(environment): \(counted(episodes, "episode")) of \(shortNumber(meanLength)) steps on average
        success \(percent(success)) (Wilson's 95 % interval over these episodes \
      \(percent(successWilsonInterval[0])) to \(percent(successWilsonInterval[1])))
        sub-tasks \(tasks.joined(separator: ", "))
        reward \(shortNumber(meanReward)) an episode; largest \(shortNumber(rewardMax)), \
      last \(shortNumber(rewardFinal))
        \(shortNumber(stepsPerSecond)) control steps a second
      """)
  }

  private func percent(_ share: Double) -> String { "\(shortNumber(100 * share)) %" }
}
