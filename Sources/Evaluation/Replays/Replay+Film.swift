public import Demonstrations
public import EnvironmentInterface

extension Replay {
  /// Recorded episodes as they come back, with what an ``EpisodeAnimation`` shows of them.
  ///
  /// - Parameters:
  ///   - episodes: The episodes, with the observations that a start needs.
  ///   - environment: The environment that executes their actions.
  /// - Returns: The episodes up to where the environment ends them, with its states and rewards.
  /// - Throws: ``EvaluationError`` for an episode without what is needed, and what the environment
  ///   throws.
  public static func film(
    of episodes: [Episode], in environment: any Environment
  ) throws -> [Episode] {
    try episodes.enumerated().map { number, recorded in
      try ReplayedEpisode.start(environment, like: recorded, number: number)
      var (actions, states): ([Float], [Float]) = ([], [])
      var episode = recorded
      episode.rewards = []
      episode.attributes.success = false
      episode.attributes.completionSteps = environment.description.subtasks.map { _ in -1 }
      for step in 0..<recorded.count {
        guard let action = recorded.actions.value(at: step) else { break }
        states += environment.state
        actions += action
        let result = try environment.step(action)
        episode.rewards.append(result.reward)
        episode.attributes.success = result.isSuccess
        for subtask in result.completed where episode.attributes.completionSteps[subtask] < 0 {
          episode.attributes.completionSteps[subtask] = step + 1
        }
        if result.isFinished { break }
      }
      episode.actions = Series(shape: recorded.actions.shape, elements: .float32(actions))
      episode.states = Series(
        shape: [environment.state.count], elements: .float32(states))
      return episode
    }
  }
}
