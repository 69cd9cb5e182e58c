import EnvironmentInterface
import Imitation
import TestSupport
import Testing

/// The control loop: when it decides, what it shows the agent, and what it executes.
@Suite struct ControlTests {
  /// Plans two actions of (number of the decision, first value seen), and notes what it was asked.
  private final class NotingAgent: Agent {
    let observationNames = ["x"]
    let observationHorizon = 2
    var asked: [(window: [Float], key: DecisionKey)] = []

    func act(_ windows: [ObservationWindow], keys: [DecisionKey]) throws -> [[[Float]]] {
      try zip(windows, keys).map { window, key in
        let seen = try window.observations.map { frame in
          guard case .float32(let values)? = frame["x"] else { throw Missing() }
          return values[0]
        }
        asked.append((seen, key))
        return [[Float(key.step), seen[0]], [Float(key.step), -seen[0]]]
      }
    }

    struct Missing: Error {}
  }

  private func frame(_ value: Float) -> ObservationFrame { ["x": .float32([value])] }

  @Test func `it decides when no action is left, from the latest observations`() throws {
    let agent = NotingAgent()
    var loop = RecedingHorizon(agent, seed: 9)
    let actions = try (0..<5).map { try loop.action(seeing: frame(Float($0)), step: $0) }
    // Decisions at steps 0, 2, 4; the window's first value is the observation before the present.
    #expect(actions == [[0, 0], [0, 0], [2, 1], [2, -1], [4, 3]])
    #expect(agent.asked.map(\.window) == [[0], [1, 2], [3, 4]])
    #expect(agent.asked.map(\.key) == [0, 2, 4].map { DecisionKey(seed: 9, step: $0) })
    loop.reset(seed: 10)
    #expect(try loop.action(seeing: frame(7), step: 0) == [0, 7])
    #expect(agent.asked.last?.window == [7])
  }

  @Test func `loops in lock step act as each on its own, and those that are over rest`() throws {
    var together = RecedingHorizons(NotingAgent(), seeds: [1, 2])
    var first = RecedingHorizon(NotingAgent(), seed: 1)
    var second = RecedingHorizon(NotingAgent(), seed: 2)
    for step in 0..<6 {
      let isOver = step >= 3
      let frames = [frame(Float(step)), isOver ? nil : frame(Float(10 * step))]
      let actions = try together.actions(seeing: frames, step: step)
      #expect(try actions[0] == first.action(seeing: frame(Float(step)), step: step))
      let alone = isOver ? nil : try second.action(seeing: frame(Float(10 * step)), step: step)
      #expect(actions[1] == alone)
    }
  }

  @Test func `an agent without a plan is told by seed and step`() {
    final class Idle: Agent {
      let observationNames: [String] = []
      let observationHorizon = 1
      func act(_ windows: [ObservationWindow], keys: [DecisionKey]) -> [[[Float]]] { [[]] }
    }
    var loop = RecedingHorizon(Idle(), seed: 3)
    #expect(throws: ImitationError.unusableAnswer(seed: 3, step: 5, reason: "no action")) {
      try loop.action(seeing: [:], step: 5)
    }
  }
}
