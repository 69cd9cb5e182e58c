import Demonstrations
import EnvironmentInterface

/// One recorded episode, replayed.
struct ReplayedEpisode: Sendable {
  /// For each quantity and each asked step the error; nil where the episode is shorter.
  private(set) var errors: [[Double?]]
  /// The largest reward.
  private(set) var reward = 0.0
  /// Whether the goal was reached.
  private(set) var isSuccess = false

  /// Replays an episode to its end, or to the environment's.
  init(
    _ episode: Episode, number: Int, in environment: any Environment,
    quantities: [ReplayQuantity], steps: [Int]
  ) throws {
    errors = quantities.map { _ in steps.map { _ in nil } }
    try Self.start(environment, like: episode, number: number)
    for step in 0..<episode.count {
      guard let action = episode.actions.value(at: step) else { break }
      let result = try environment.step(action)
      reward = max(reward, Double(result.reward))
      isSuccess = isSuccess || result.isSuccess
      // What was recorded with an action was seen before it: the outcome stands one step later.
      guard step + 1 < episode.count else { break }
      for (row, asked) in steps.enumerated() where asked == step + 1 {
        for (column, quantity) in quantities.enumerated() {
          let name = quantity.space.name
          guard let recorded = episode.observations[name]?.value(at: step + 1),
            recorded.count == quantity.space.count,
            case .float32(let replayed) = try environment.observation(name)
          else {
            throw EvaluationError.missing(
              what: "observation '\(name)' of \(quantity.space.count) numbers",
              where: "episode \(number)")
          }
          errors[column][row] = quantity.error(recorded, replayed)
        }
      }
    }
  }

  /// Puts the environment where a recording began.
  static func start(
    _ environment: any Environment, like episode: Episode, number: Int
  ) throws {
    do {
      try environment.restore(episode, at: 0)
    } catch RecordingError.missing(let what) {
      throw EvaluationError.missing(what: what, where: "episode \(number)")
    }
  }
}
