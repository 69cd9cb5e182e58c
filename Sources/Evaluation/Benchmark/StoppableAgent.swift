import Imitation

/// Another agent that decides no more once somebody asked to stop.
final class StoppableAgent: Agent {
  private let agent: any Agent
  private let shouldStop: @Sendable () -> Bool
  private let activity: String

  init(_ agent: any Agent, shouldStop: @escaping @Sendable () -> Bool, activity: String) {
    self.agent = agent
    self.shouldStop = shouldStop
    self.activity = activity
  }

  var observationNames: [String] { agent.observationNames }
  var observationHorizon: Int { agent.observationHorizon }

  /// What the other agent decides.
  ///
  /// - Throws: ``EvaluationError/stopped(during:)``, and what the other agent throws.
  func act(_ windows: [ObservationWindow], keys: [DecisionKey]) throws -> [[[Float]]] {
    guard !shouldStop() else { throw EvaluationError.stopped(during: activity) }
    return try agent.act(windows, keys: keys)
  }
}
