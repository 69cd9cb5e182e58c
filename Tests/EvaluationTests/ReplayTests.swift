import Demonstrations
import EnvironmentInterface
import Evaluation
import Naming
import TestSupport
import Testing

/// A recording of the walk along a line that starts at `x` and takes steps of `dx`.
private func walk(from x: Float, steps: [Float], keepsStates: Bool) -> Episode {
  var places = [x]
  for step in steps { places.append(places[places.count - 1] + step) }
  let seen = places.dropLast()
  return Episode(
    actions: Series(shape: [1], elements: .float32(steps)),
    observations: ["state": Series(shape: [2], elements: .float32(seen.flatMap { [$0, 0] }))],
    rewards: places.dropFirst().map { abs($0) }, dones: steps.map { _ in false },
    states: keepsStates
      ? Series(
        shape: [2], elements: .float32(seen.enumerated().flatMap { [$1, Float($0)] })) : nil)
}

@Suite struct `A replay` {
  @Test func `of a recording from the same world comes back exactly`() throws {
    let episodes = (0..<5).map { index in
      walk(
        from: Float(index) / 100, steps: (0..<(8 + index)).map { $0 % 3 == 0 ? -0.05 : 0.07 },
        keepsStates: true)
    }
    let replay = Replay(comparing: ["state"], after: [1, 5, 9, 40])
    let result = try replay.run(episodes) { WalkEnvironment() }
    // Metres and the number without a unit are compared apart.
    #expect(result.columns.map(\.name) == ["state [m]", "state"])
    // An outcome is recorded one step later: 8 steps show 7.
    #expect(result.columns[0].errors.map(\.count) == [5, 5, 3, 0])
    expectClose(
      result.columns[0].errors.flatMap { $0 }, Array(repeating: 0, count: 13), absolute: 1e-6)
    expectClose(result.replayedReward, result.recordedReward, absolute: 1e-6)
    #expect(result.recordedReward > 0.1)
  }

  @Test func `counts the episodes that reach the goal again`() throws {
    let episodes = [15, 5, 12].map { count in
      walk(from: 0, steps: [Float](repeating: 0.09, count: count), keepsStates: true)
    }
    let result = try Replay(comparing: ["state"], after: [1]).run(episodes) { WalkEnvironment() }
    // 12 steps of 0.09 are enough, 5 are not.
    #expect(result.successes == 2)
  }

  @Test func `of a recording from another world reports the error over time, in order`() throws {
    // There a step went half as far again as here.
    let episodes = ([0.04, 0.02, 0.06] as [Float]).map { step in
      var episode = walk(
        from: 0, steps: [Float](repeating: step * 1.5, count: 6), keepsStates: true)
      episode.actions = Series(shape: [1], elements: .float32([Float](repeating: step, count: 6)))
      return episode
    }
    for threads in [1, 2] {
      var replay = Replay(comparing: ["state"], after: [2, 4])
      replay.threads = threads
      let result = try replay.run(episodes) { WalkEnvironment() }
      for (steps, errors) in zip([2.0, 4.0], result.columns[0].errors) {
        let expected = [0.01, 0.02, 0.03].map { $0 * steps }
        expectClose(errors, expected, absolute: 1e-6)
      }
    }
  }

  @Test func `without a start, without episodes, or of unknown names is refused`() throws {
    let episode = walk(from: 0, steps: [0.1, 0.1], keepsStates: false)
    let replay = Replay(comparing: ["state"], after: [1])
    let startless = #expect(throws: EvaluationError.self) {
      try replay.run([episode]) { WalkEnvironment() }
    }
    #expect(startless?.description.contains("state of walk to start from") == true)
    #expect(throws: EvaluationError.self) { try replay.run([]) { WalkEnvironment() } }
    #expect(throws: EvaluationError.self) {
      try Replay(comparing: ["state"], after: [0]).run([episode]) { WalkEnvironment() }
    }
    for name in ["stat", "image"] {
      #expect(throws: UnknownName.self) {
        try Replay(comparing: [name], after: [1]).run([episode]) { WalkEnvironment() }
      }
    }
  }
}
