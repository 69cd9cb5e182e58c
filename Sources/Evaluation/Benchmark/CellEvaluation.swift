import Demonstrations
import EnvironmentInterface
import Foundation
import Imitation
import Randomness

/// How one cell is measured.
struct CellEvaluation {
  /// How many observations, draws and episodes are kept for pictures.
  static let pictureObservations = 3
  static let pictureDraws = 400
  static let pictureEpisodes = 12

  let configuration: BenchmarkConfiguration
  let task: BenchmarkTask
  let cell: BenchmarkCell
  /// How many threads it may use; they change nothing but the time.
  let threads: Int

  /// Measures a trained agent.
  func report(
    of makeAgent: @escaping @Sendable () throws -> any Agent, conditions: [String: String],
    progress: (Int) throws -> Void
  ) throws -> CellReport {
    var rollout = Rollout(
      episodes: configuration.episodes, seed: configuration.rolloutSeed, keeping: task.features)
    rollout.threads = threads
    let episodes = try rollout.run(
      environment: task.makeEnvironment, agent: makeAgent,
      progress: {
        try progress($0)
        return true
      })
    let metrics = try values(
      of: episodes, against: halves.reference,
      decisions: decisions.outcome(
        environment: task.makeEnvironment, agent: makeAgent, threads: threads),
      decisionMilliseconds: decisionMilliseconds(of: makeAgent()))
    return CellReport(
      cell: cell, conditions: conditions, metrics: metrics,
      successes: episodes.count { $0.attributes.success == true }, episodes: episodes.count,
      sample: try sample(of: makeAgent))
  }

  /// Measures the demonstrations themselves: one half beside the other.
  func demonstrationsReport(conditions: [String: String]) throws -> CellReport {
    let (reference, heldOut) = halves
    let metrics = try values(
      of: heldOut, against: reference,
      decisions: decisions.demonstratorOutcome(
        environment: task.makeEnvironment, repetition: cell.seed, threads: threads))
    return CellReport(
      cell: cell, conditions: conditions, metrics: metrics,
      successes: heldOut.count { $0.attributes.success == true }, episodes: heldOut.count,
      sample: try demonstratorSample())
  }

  /// The demonstrations split by the cell's seed: the half that all rows are judged by, and at most
  /// as many of the others as there are rollouts.
  private var halves: (reference: [Episode], heldOut: [Episode]) {
    var random = RandomStream(seed: cell.seed, purpose: .split)
    var order = Array(task.demonstrations.indices)
    for i in order.indices { order.swapAt(i, i + random.integer(below: order.count - i)) }
    let half = order.count / 2
    return (
      order[..<half].sorted().map { task.demonstrations[$0] },
      order[half...].prefix(configuration.episodes).map { task.demonstrations[$0] }
    )
  }

  private func values(
    of episodes: [Episode], against reference: [Episode],
    decisions: DecisionComparison.Outcome?, decisionMilliseconds: Double? = nil
  ) throws -> [String: Double] {
    let material = try MetricMaterial(
      description: task.description, rollouts: episodes, reference: reference,
      demonstrations: task.demonstrations, features: task.features,
      seed: configuration.metricSeed, decisions: decisions,
      decisionMilliseconds: decisionMilliseconds)
    return try Metric.values(
      of: Metric.standard(subtasks: task.description.subtasks.count, own: task.metrics),
      for: material)
  }

  private var decisions: DecisionComparison {
    var decisions = DecisionComparison()
    decisions.observations = configuration.decisionObservations
    decisions.draws = configuration.decisionDraws
    decisions.seed = configuration.rolloutSeed
    return decisions
  }

  /// The median over 20 decisions, one at a time, after three that warm up.
  private func decisionMilliseconds(of agent: any Agent) throws -> Double {
    let environment = try task.makeEnvironment()
    environment.reset(seed: configuration.rolloutSeed)
    let window = ObservationWindow([try environment.observations(agent.observationNames)])
    let clock = ContinuousClock()
    var times: [Double] = []
    for step in 0..<23 {
      let key = DecisionKey(seed: configuration.rolloutSeed, step: step)
      let time = try clock.measure { _ = try agent.act([window], keys: [key]) }
      times.append(time / .milliseconds(1))
    }
    return times.dropFirst(3).sorted()[10]
  }
}

// MARK: Material for pictures

extension CellEvaluation {
  private func sample(
    of makeAgent: @escaping @Sendable () throws -> any Agent
  ) throws -> CellReport.Sample {
    var sample = CellReport.Sample()
    let environment = try task.makeEnvironment()
    if environment is any KnownActionDistribution {
      let agent = try makeAgent()
      for seed in try configuration.pictureSeeds(in: task.makeEnvironment()) {
        environment.reset(seed: seed)
        try sample.actions.append(
          decisions.actions(
            of: agent, in: environment, episodeSeed: seed, count: Self.pictureDraws))
      }
    }
    guard task.description.episodeLimit > 1 else { return sample }
    var rollout = Rollout(
      episodes: Self.pictureEpisodes, seed: configuration.rolloutSeed, keeping: task.features)
    rollout.commonStart = configuration.rolloutSeed
    rollout.keepsStates = true
    rollout.threads = threads
    let episodes = try rollout.run(environment: task.makeEnvironment, agent: makeAgent)
    sample.paths = episodes.compactMap(task.path)
    if let first = episodes.first, first.states != nil {
      sample.frames = try FilmStrip.Row(title: "", of: first).states
    }
    return sample
  }

  private func demonstratorSample() throws -> CellReport.Sample {
    var sample = CellReport.Sample()
    if let environment = try task.makeEnvironment() as? any KnownActionDistribution {
      sample.actions = try configuration.pictureSeeds(in: task.makeEnvironment()).map { seed in
        environment.reset(seed: seed)
        return environment.demonstratorActions(count: Self.pictureDraws, seed: seed)
      }
    }
    guard task.description.episodeLimit > 1 else { return sample }
    guard let makeDemonstrator = task.makeDemonstrator else {
      sample.paths = task.demonstrations.prefix(Self.pictureEpisodes).compactMap(task.path)
      return sample
    }
    var recorder = Recorder(
      episodes: Self.pictureEpisodes, seed: configuration.rolloutSeed,
      observations: task.features)
    recorder.commonStart = configuration.rolloutSeed
    recorder.threads = threads
    try recorder.record(environment: task.makeEnvironment, demonstrator: makeDemonstrator) {
      episode, _ in
      if let path = task.path(of: episode) { sample.paths.append(path) }
      if sample.frames.isEmpty, episode.states != nil {
        sample.frames = try FilmStrip.Row(title: "", of: episode).states
      }
      return true
    }
    return sample
  }
}

extension BenchmarkTask {
  /// Where the agent was at each step of an episode, N × 2, if that can be told.
  func path(of episode: Episode) -> [[Float]]? {
    description.path(of: episode, lookingAt: features)
  }
}

extension BenchmarkConfiguration {
  /// The reset seeds of the observations in the picture of actions: among those at which decisions
  /// are compared, the first of those with the most modes.
  func pictureSeeds(in environment: any Environment) -> [UInt64] {
    guard let environment = environment as? any KnownActionDistribution else { return [] }
    let seeds = (0..<decisionObservations).map { index in
      let seed = rolloutSeed &+ UInt64(index)
      environment.reset(seed: seed)
      return (seed: seed, modes: environment.modeCount)
    }
    return seeds.sorted { ($1.modes, $0.seed) < ($0.modes, $1.seed) }
      .prefix(CellEvaluation.pictureObservations).map(\.seed)
  }
}
