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

  /// What became of a block.
  struct Outcome: Sendable {
    /// The episodes, in the order of their seeds.
    var episodes: [Episode] = []
    /// Those that were lost with another program's world.
    var lost: [LostEpisode] = []
  }

  /// Plays an episode for each seed to its end, from an initial state of its own or a common one.
  ///
  /// Where a program that simulates several of them ends or hangs, each is played again alone, so
  /// that only those that make it do so are lost.
  func play(seeds: [UInt64], start: UInt64?) throws -> Outcome {
    do {
      return Outcome(episodes: try playTogether(seeds: seeds, start: start))
    } catch EnvironmentError.lost(let reason) {
      environments = []
      if seeds.count == 1 {
        return Outcome(lost: [LostEpisode(seed: seeds[0], reason: reason)])
      }
    }
    return try seeds.reduce(into: Outcome()) { outcome, seed in
      let alone = try play(seeds: [seed], start: start)
      outcome.episodes += alone.episodes
      outcome.lost += alone.lost
    }
  }

  private func playTogether(seeds: [UInt64], start: UInt64?) throws -> [Episode] {
    while environments.count < seeds.count { try environments.append(makeEnvironment()) }
    var runs: [Run] = []
    for (seed, environment) in zip(seeds, environments) {
      environment.reset(seed: start ?? seed)
      try runs.append(
        Run(
          environment: environment,
          recording: EpisodeRecording(
            of: environment.description, observations: keptObservations, keepsStates: keepsStates,
            seed: seed)))
    }
    var loops = RecedingHorizons(agent, seeds: seeds)
    var step = 0
    while runs.contains(where: { !$0.isFinished }) {
      let frames = try runs.map { $0.isFinished ? nil : try $0.environment.observations(observed) }
      let actions = try loops.actions(seeing: frames, step: step)
      try act(actions, seeing: frames, in: &runs)
      step += 1
    }
    return runs.map { $0.recording.episode(behaviour: $0.environment.behaviour) }
  }

  /// One step of all that are still played: at once, where their worlds can.
  private func act(
    _ actions: [[Float]?], seeing frames: [ObservationFrame?], in runs: inout [Run]
  ) throws {
    let going = runs.indices.filter { frames[$0] != nil && actions[$0] != nil }
    let states = keepsStates ? going.map { runs[$0].environment.state } : []
    let results = try going.map { runs[$0].environment }.step(going.map { actions[$0] ?? [] })
    for (place, (index, result)) in zip(going, results).enumerated() {
      runs[index].recording.append(
        observation: frames[index] ?? [:], state: keepsStates ? states[place] : nil,
        action: actions[index] ?? [], result: result)
      runs[index].isFinished = result.isFinished
    }
  }
}

/// An episode that is being played.
private struct Run {
  let environment: any Environment
  var recording: EpisodeRecording
  var isFinished = false
}
