import Demonstrations
public import EnvironmentInterface
public import Imitation
import PolicyMetrics

/// An agent's decisions beside the demonstrator's, at the same observations.
///
/// For environments whose demonstrator's distribution of actions is known: at each of several
/// initial observations the agent decides many times, and the demonstrator's distribution is
/// sampled as often. Results are averaged over the observations.
public struct DecisionComparison: Codable, Sendable, Hashable {
  /// What one comparison, or the mean of several, came to.
  public struct Outcome: Codable, Sendable, Hashable {
    /// W1 between the actions, in the environment's units.
    public var actionWasserstein: Double
    /// Density and coverage of the agent's actions among the demonstrator's.
    public var density, coverage: Double
    /// The task's own metrics, by their keys.
    public var own: [String: Double]

    private enum CodingKeys: String, CodingKey {
      case actionWasserstein = "action_wasserstein"
      case density, coverage, own
    }
  }

  /// The number of observations.
  public var observations = 20
  /// How often is decided at each.
  public var draws = 1000
  /// The seed of the first observation's episode; the others follow it.
  public var seed: UInt64 = 1_000_000
  /// How many decisions share a call of the agent.
  public var batch = 250

  /// Creates the usual comparison.
  public init() {}

  /// Compares an agent with the demonstrator.
  ///
  /// - Parameters:
  ///   - makeEnvironment: Makes the environment; called on several threads.
  ///   - makeAgent: Makes the agent, one a thread.
  ///   - threads: How many observations are compared at once; nil for as many as processors.
  /// - Returns: The mean over the observations; nil where the environment's demonstrator is not
  ///   known.
  /// - Throws: ``EvaluationError`` for settings below 1 or an agent's unusable answer,
  ///   ``/PolicyMetrics/MetricError`` for actions that are not finite, and what agent and
  ///   environment throw.
  public func outcome(
    environment makeEnvironment: @escaping @Sendable () throws -> any Environment,
    agent makeAgent: @escaping @Sendable () throws -> any Agent, threads: Int? = nil
  ) throws -> Outcome? {
    try mean(environment: makeEnvironment, threads: threads) {
      let agent = try makeAgent()
      return { try actions(of: agent, in: $0, episodeSeed: $1, count: draws) }
    }
  }

  /// Compares the demonstrator with itself: the best that any agent can do.
  ///
  /// - Parameters:
  ///   - makeEnvironment: Makes the environment; called on several threads.
  ///   - repetition: Which draws are compared with the usual ones.
  ///   - threads: How many observations are compared at once; nil for as many as processors.
  /// - Returns: The mean over the observations; nil where the demonstrator is not known.
  /// - Throws: ``EvaluationError`` for settings below 1, and what the environment throws.
  public func demonstratorOutcome(
    environment makeEnvironment: @escaping @Sendable () throws -> any Environment,
    repetition: UInt64 = 0, threads: Int? = nil
  ) throws -> Outcome? {
    try mean(environment: makeEnvironment, threads: threads) {
      { environment, seed in
        let other = ~seed &- repetition &* 0x1_0000_0000
        return environment.demonstratorActions(count: draws, seed: other)
      }
    }
  }

  /// What an agent decides, many times, at an environment's present observation.
  ///
  /// - Parameters:
  ///   - agent: Who decides.
  ///   - environment: What it observes.
  ///   - episodeSeed: The seed of the decisions.
  ///   - count: How many decisions.
  /// - Returns: The first action of each decision.
  /// - Throws: `ImitationError.unusableAnswer`, and what agent and environment
  ///   throw.
  public func actions(
    of agent: any Agent, in environment: any Environment, episodeSeed: UInt64, count: Int
  ) throws -> [[Float]] {
    let window = ObservationWindow([try environment.observations(agent.observationNames)])
    var actions: [[Float]] = []
    while actions.count < count {
      // The number of the draw stands in the place of the step: each has its own randomness.
      let numbers = actions.count..<min(actions.count + batch, count)
      let plans = try agent.act(
        numbers.map { _ in window }, keys: numbers.map { DecisionKey(seed: episodeSeed, step: $0) })
      let firsts = plans.compactMap(\.first)
      guard firsts.count == numbers.count else {
        throw ImitationError.unusableAnswer(
          seed: episodeSeed, step: numbers.lowerBound,
          reason: "\(firsts.count) plans with an action for \(numbers.count) windows")
      }
      actions += firsts
    }
    return actions
  }

  private typealias Draw = (any KnownActionDistribution, UInt64) throws -> [[Float]]

  private func mean(
    environment makeEnvironment: @escaping @Sendable () throws -> any Environment, threads: Int?,
    draw makeDraw: @escaping @Sendable () throws -> Draw
  ) throws -> Outcome? {
    for (name, value) in [("observations", observations), ("draws", draws), ("batch", batch)]
    where value < 1 {
      throw EvaluationError.badSetting(name: name, value: "\(value)", expected: "at least 1")
    }
    guard try makeEnvironment() is any KnownActionDistribution else { return nil }
    var outcomes: [Outcome] = []
    try OrderedWork(threads: threads ?? OrderedWork.defaultThreads).run(
      count: observations,
      context: { (try makeEnvironment() as? any KnownActionDistribution, try makeDraw()) },
      job: { stage, index in
        try stage.0.map { environment in
          let episodeSeed = seed &+ UInt64(index)
          environment.reset(seed: episodeSeed)
          return try compare(stage.1(environment, episodeSeed), in: environment, seed: episodeSeed)
        }
      },
      deliver: { _, outcome in
        if let outcome { outcomes.append(outcome) }
        return true
      })
    let mean = { (value: (Outcome) -> Double) in
      outcomes.reduce(0) { $0 + value($1) } / Double(outcomes.count)
    }
    let keys = outcomes.first?.own.keys.sorted() ?? []
    return Outcome(
      actionWasserstein: mean(\.actionWasserstein), density: mean(\.density),
      coverage: mean(\.coverage),
      own: Dictionary(uniqueKeysWithValues: keys.map { key in (key, mean { $0.own[key] ?? 0 }) }))
  }

  /// Compares actions with the demonstrator's at the environment's present observation.
  package func compare(
    _ actions: [[Float]], in environment: any KnownActionDistribution, seed: UInt64
  ) throws -> Outcome {
    let reference = environment.demonstratorActions(count: draws, seed: seed)
    let (points, truth) = try (PointSet(actions), PointSet(reference))
    let spread = try DensityCoverage(of: points, against: truth)
    return try Outcome(
      actionWasserstein: Wasserstein.distance(points, truth),
      density: spread.density, coverage: spread.coverage,
      own: Dictionary(
        environment.actionMetrics.map {
          ($0.definition.key, $0.value(actions, reference, environment))
        }, uniquingKeysWith: { $1 }))
  }
}
