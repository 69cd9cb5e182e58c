import Demonstrations
import EnvironmentInterface
import Imitation

/// One thread's agent and environments, in which blocks of episodes are played in lock step.
final class RolloutBlock {
  private let agent: any Agent
  private let keptObservations: [String]
  private let observed: [String]
  private let keepsStates: Bool
  private let makeEnvironment: () throws -> any Environment
  private var environments: [any Environment] = []

  init(
    agent: any Agent, keptObservations: [String], keepsStates: Bool,
    makeEnvironment: @escaping () throws -> any Environment
  ) {
    self.agent = agent
    self.keptObservations = keptObservations
    self.keepsStates = keepsStates
    self.makeEnvironment = makeEnvironment
    observed =
      keptObservations + agent.observationNames.filter { !keptObservations.contains($0) }
  }

  /// Plays an episode for each seed to its end, from an initial state of its own or a common one.
  func play(seeds: [UInt64], start: UInt64?) throws -> [Episode] {
    while environments.count < seeds.count { try environments.append(makeEnvironment()) }
    var runs: [Run] = []
    for (seed, environment) in zip(seeds, environments) {
      environment.reset(seed: start ?? seed)
      try runs.append(
        Run(
          environment: environment, seed: seed,
          recording: EpisodeRecording(
            of: environment.description, observations: keptObservations, keepsStates: keepsStates,
            seed: seed)))
    }
    while runs.contains(where: { !$0.isFinished }) {
      for index in runs.indices where !runs[index].isFinished {
        try runs[index].observe(observed, horizon: agent.observationHorizon)
      }
      try decide(&runs)
      for index in runs.indices where !runs[index].isFinished { try runs[index].step() }
    }
    return runs.map { $0.recording.episode(behaviour: $0.environment.behaviour) }
  }

  /// Lets the agent plan for all the episodes that have no action left.
  private func decide(_ runs: inout [Run]) throws {
    let deciding = runs.indices.filter { !runs[$0].isFinished && runs[$0].plan.isEmpty }
    guard let first = deciding.first else { return }
    let plans = try agent.act(
      deciding.map { ObservationWindow(runs[$0].window) },
      keys: deciding.map { DecisionKey(seed: runs[$0].seed, step: runs[$0].recording.count) })
    guard plans.count == deciding.count else {
      throw EvaluationError.badAnswer(
        seed: runs[first].seed, step: runs[first].recording.count,
        reason: "\(plans.count) plans for \(deciding.count) windows")
    }
    for (index, plan) in zip(deciding, plans) {
      guard !plan.isEmpty else {
        throw EvaluationError.badAnswer(
          seed: runs[index].seed, step: runs[index].recording.count, reason: "no action")
      }
      runs[index].plan = plan[...]
    }
  }
}

/// An episode that is being played.
private struct Run {
  let environment: any Environment
  let seed: UInt64
  var recording: EpisodeRecording
  /// The latest observations, oldest first.
  var window: [ObservationFrame] = []
  /// What is still to be executed of the latest plan.
  var plan: ArraySlice<[Float]> = []
  var isFinished = false

  mutating func observe(_ names: [String], horizon: Int) throws {
    if window.count >= max(1, horizon) { window.removeFirst() }
    try window.append(environment.observations(names))
  }

  mutating func step() throws {
    guard let action = plan.popFirst(), let observation = window.last else { return }
    let state = recording.keepsStates ? environment.state : nil
    let result = try environment.step(action)
    recording.append(observation: observation, state: state, action: action, result: result)
    isFinished = result.isFinished
  }
}
