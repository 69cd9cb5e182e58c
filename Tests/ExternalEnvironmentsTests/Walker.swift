import EnvironmentInterface
import Imitation

/// Goes straight to the goal of the example.
final class Walker: Agent {
  let observationNames = ["state"]
  let observationHorizon = 1

  func act(_ windows: [ObservationWindow], keys: [DecisionKey]) throws -> [[[Float]]] {
    windows.map { window in
      guard case .float32(let state)? = window.observations.last?["state"] else { return [] }
      return [[10 * (state[2] - state[0]), 10 * (state[3] - state[1])]]
    }
  }
}
