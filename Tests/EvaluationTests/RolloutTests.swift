import Demonstrations
import EnvironmentInterface
import Evaluation
import Imitation
import Naming
import Testing

/// Always answers the same.
private final class FixedAgent: Agent {
  let observationNames = ["state"]
  let observationHorizon = 1
  let answer: @Sendable (Int) -> [[[Float]]]

  init(answer: @escaping @Sendable (Int) -> [[[Float]]]) {
    self.answer = answer
  }

  func act(_ windows: [ObservationWindow], keys: [DecisionKey]) throws -> [[[Float]]] {
    answer(windows.count)
  }
}

/// What can be seen of an agent's calls: the windows' lengths and the keys.
private final class WindowAgent: Agent {
  let observationNames = ["state"]
  let observationHorizon = 3

  func act(_ windows: [ObservationWindow], keys: [DecisionKey]) throws -> [[[Float]]] {
    zip(windows, keys).map { window, key in
      // The action tells the length of the window, the step of the key and the newest observation.
      guard case .float32(let state)? = window.observations.last?["state"] else { return [] }
      return [[Float(window.observations.count) / 1000, Float(key.step), state[0]], [0, -1, -1]]
    }
  }
}

private func rollouts(threads: Int, block: Int) throws -> [Episode] {
  var rollout = Rollout(episodes: 23, seed: 1000, keeping: ["state", "image"], keepsStates: true)
  rollout.threads = threads
  rollout.blockSize = block
  return try rollout.run(environment: { WalkEnvironment() }, agent: { WalkAgent() })
}

@Suite struct RolloutTests {
  @Test(arguments: [(1, 4), (2, 4), (5, 4), (3, 1), (2, 25)])
  func `episodes do not depend on threads or blocks`(threads: Int, block: Int) throws {
    let reference = try rollouts(threads: 1, block: 23)
    let episodes = try rollouts(threads: threads, block: block)
    #expect(episodes == reference)
  }

  @Test func `episodes differ among themselves and carry all that happened`() throws {
    let episodes = try rollouts(threads: 2, block: 4)
    #expect(episodes.count == 23)
    #expect(Set(episodes.map(\.count)).count > 5)
    #expect(Set(episodes.map(\.attributes.success)) == [true, false])
    #expect(Set(episodes.map(\.attributes.behaviour)).count == 2)
    for (index, episode) in episodes.enumerated() {
      #expect(episode.attributes.seed == UInt64(1000 + index))
      #expect(episode.observations["state"]?.count == episode.count)
      #expect(episode.observations["image"]?.shape == [1, 2, 3])
      #expect(episode.observations["image"]?.count == episode.count)
      #expect(episode.states?.count == episode.count)
      #expect(episode.dones == (1...episode.count).map { $0 == episode.count })
      let end = episode.attributes.completionSteps[1]
      #expect(end == (episode.attributes.success == true ? episode.count : -1))
    }
  }

  @Test func `replaying the recorded actions gives the recorded episode`() throws {
    let environment = WalkEnvironment()
    for episode in try rollouts(threads: 2, block: 4).prefix(5) {
      guard case .float32(let actions) = episode.actions.elements,
        case .float32(let states)? = episode.observations["state"]?.elements
      else {
        Issue.record("no numbers")
        return
      }
      environment.reset(seed: try #require(episode.attributes.seed))
      for step in 0..<episode.count {
        #expect(environment.x == states[2 * step], "step \(step)")
        let result = try environment.step([actions[step]])
        #expect(result.reward == episode.rewards[step])
      }
    }
  }

  @Test func `windows grow to the horizon, plans are executed whole, keys are steps`() throws {
    let rollout = Rollout(episodes: 1, seed: 3, keeping: ["state"])
    let episode = try #require(
      try rollout.run(environment: { WalkEnvironment() }, agent: { WindowAgent() }).first)
    guard case .float32(let actions) = episode.actions.elements,
      case .float32(let states)? = episode.observations["state"]?.elements
    else {
      Issue.record("no numbers")
      return
    }
    for step in stride(from: 0, to: 10, by: 2) {
      #expect(actions[3 * step] == Float(min(step + 1, 3)) / 1000)
      #expect(actions[3 * step + 1] == Float(step))
      #expect(actions[3 * step + 2] == states[2 * step])
      #expect(actions[3 * step + 4] == -1)
    }
  }

  @Test func `unusable answers and settings are refused in words`() throws {
    let rollout = Rollout(episodes: 3, seed: 7, keeping: ["state"])
    let tooFew = #expect(throws: ImitationError.self) {
      try rollout.run(
        environment: { WalkEnvironment() }, agent: { FixedAgent { _ in [[[0.1]]] } })
    }
    #expect(
      tooFew?.description == "the agent's answer at step 0 of the episode with seed 7 cannot "
        + "be used: 1 plan for 3 windows")
    #expect(throws: ImitationError.unusableAnswer(seed: 7, step: 0, reason: "no action")) {
      try rollout.run(
        environment: { WalkEnvironment() },
        agent: { FixedAgent { Array(repeating: [], count: $0) } })
    }
    #expect(throws: UnknownName.self) {
      try Rollout(episodes: 1, seed: 0, keeping: ["pose"]).run(
        environment: { WalkEnvironment() }, agent: { WalkAgent() })
    }
    #expect(throws: EvaluationError.self) {
      try Rollout(episodes: 0, seed: 0, keeping: ["state"]).run(
        environment: { WalkEnvironment() }, agent: { WalkAgent() })
    }
  }

  @Test func `progress can stop after a block`() throws {
    var rollout = Rollout(episodes: 20, seed: 0, keeping: ["state"])
    rollout.blockSize = 5
    var seen: [Int] = []
    let episodes = try rollout.run(
      environment: { WalkEnvironment() }, agent: { WalkAgent() },
      progress: {
        seen.append($0)
        return $0 < 10
      })
    #expect(seen == [5, 10])
    #expect(episodes.count == 10)
  }
}
