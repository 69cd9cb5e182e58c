import EnvironmentInterface

/// A walk that does not save its states, as many a simulator elsewhere.
final class ForgetfulWalk: RemadeEnvironment {
  private let walk = WalkEnvironment()

  var description: EnvironmentDescription { walk.description }
  var state: [Float] { [] }
  var behaviour: [String: String] { walk.behaviour }
  var scene: Scene { walk.scene }

  func another() -> any Environment { ForgetfulWalk() }
  func reset(seed: UInt64) { walk.reset(seed: seed) }
  func observation(_ name: String) throws -> ObservationValue { try walk.observation(name) }
  func step(_ action: [Float]) throws -> StepResult { try walk.step(action) }

  func restore(_ state: [Float]) throws {
    throw EnvironmentError.refused(reason: "a walk that forgets is not restored")
  }
}
