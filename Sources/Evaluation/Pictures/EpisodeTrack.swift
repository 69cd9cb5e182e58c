import Demonstrations
import EnvironmentInterface

/// What a film shows of one episode: every state up to the last, and words.
struct EpisodeTrack {
  /// The states before each action and after the last: N + 1; none for one that is played again.
  private let states: [[Float]]
  private let player: EpisodePlayer?
  /// Where the agent was at each step; empty where that cannot be told.
  let path: [Scene.Point]
  /// The seed, where there is one.
  let name: String
  let isSuccess: Bool
  private let description: EnvironmentDescription
  private let episode: Episode

  /// Reads an episode; the state after its last action comes from executing that again.
  ///
  /// - Throws: What the environment throws at states and actions that are not its own.
  init(_ episode: Episode, in environment: any Environment) throws {
    var states = episode.states?.steps ?? []
    if let last = states.last, let action = episode.actions.steps.last {
      try environment.restore(last)
      _ = try environment.step(action)
      states.append(environment.state)
    }
    self.states = states
    self.episode = episode
    player = states.isEmpty ? try EpisodePlayer(episode, in: environment) : nil
    description = environment.description
    name = episode.attributes.seed.map { "seed \($0)" } ?? ""
    isSuccess = episode.attributes.success ?? false
    let positions = description.path(of: episode, lookingAt: Array(episode.observations.keys))
    path = (positions ?? []).map { Scene.Point(Double($0[0]), Double($0[1])) }
  }

  /// The number of steps, which is the index of the last state.
  var last: Int { episode.count }

  /// What is to be seen at a step, or at the last where it is later.
  func scene(at step: Int, in environment: any Environment) throws -> Scene {
    if let player { return try player.scene(at: min(step, last)) }
    try environment.restore(states[min(step, last)])
    return environment.scene
  }

  /// How late it is: seconds, or steps where there is no clock.
  func time(of step: Int) -> String {
    guard description.controlRate > 0 else { return "step \(step)" }
    let seconds = MetricSummary(mean: Double(step) / description.controlRate, standardError: nil)
    return "\(seconds.text(decimals: 1)) s"
  }

  /// What came of it in the end.
  var outcome: String {
    if isSuccess { return "success, \(time(of: last))" }
    let done = episode.attributes.completionSteps.count { $0 >= 0 }
    let count = description.subtasks.count
    if count > 1 { return "\(done) of \(count) sub-tasks" }
    let best = MetricSummary(
      mean: Double(episode.rewards.max() ?? 0), standardError: nil)
    return "best reward \(best.text(decimals: 2))"
  }
}

/// An episode that is played again from its seed, step by step, in a world of its own.
private final class EpisodePlayer {
  private let episode: Episode
  private let environment: any Environment
  private var step = 0

  init(_ episode: Episode, in environment: any Environment) throws {
    guard let seed = episode.attributes.seed, let other = environment as? any RemadeEnvironment
    else {
      throw EvaluationError.missing(
        what: "states to show", where: "the episode in \(environment.description.name)")
    }
    self.episode = episode
    self.environment = try other.another()
    self.environment.reset(seed: seed)
  }

  /// Steps are asked for in their order.
  func scene(at step: Int) throws -> Scene {
    while self.step < step, let action = episode.actions.value(at: self.step) {
      _ = try environment.step(action)
      self.step += 1
    }
    return environment.scene
  }
}

extension Series {
  /// The numbers of each step; none for images.
  fileprivate var steps: [[Float]] {
    guard case .float32(let values) = elements, width > 0 else { return [] }
    return stride(from: 0, to: values.count, by: width).map { Array(values[$0..<$0 + width]) }
  }
}
