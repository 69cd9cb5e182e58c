public import EnvironmentInterface
import Naming

extension PushTEnvironment: ObservedStart {
  /// Agent and T: `agent_pos` and `block_pose`.
  public var startObservations: [String] { ["agent_pos", "block_pose"] }

  /// Starts an episode with agent and T where `agent_pos` and `block_pose` say, at rest.
  ///
  /// - Throws: ``EnvironmentError`` for a missing observation, or one of another length or with
  ///   impossible values.
  public func start(from observation: ObservationFrame) throws {
    let agent = try values("agent_pos", in: observation)
    let pose = try values("block_pose", in: observation)
    let block = TPose(SIMD2(pose[0], pose[1]), angle: pose[2])
    field = try PushTField(state: PushTField(agent: SIMD2(agent[0], agent[1]), block: block).state)
  }

  private func values(_ name: String, in observation: ObservationFrame) throws -> [Float] {
    guard case .float32(let values) = observation[name] else {
      throw UnknownName(
        kind: "observation to start push-t from", name: name, known: observation.keys.sorted())
    }
    let expected = name == "block_pose" ? 3 : 2
    guard values.count == expected else {
      throw EnvironmentError.wrongLength(what: name, expected: expected, actual: values.count)
    }
    return values
  }
}
