import Demonstrations
import Evaluation
import Foundation
import TestSupport
import Testing

/// An episode of one flat observation `state`.
func episode(_ states: [[Float]], completionSteps: [Int] = []) -> Episode {
  Episode(
    actions: Series(shape: [1], elements: .float32(states.map { _ in 0 })),
    observations: [
      "state": Series(shape: [states[0].count], elements: .float32(states.flatMap { $0 }))
    ],
    rewards: states.map { _ in 0 }, dones: states.map { _ in false },
    attributes: EpisodeAttributes(completionSteps: completionSteps))
}

@Suite struct EpisodeMetricsTests {
  @Test func `the fraction that completes at least k counts episodes`() throws {
    let steps = [[3, 5], [-1, 7], [-1, -1], [0, 2]]
    #expect(try TaskMetrics.fraction(completingAtLeast: 1, of: steps) == 0.75)
    #expect(try TaskMetrics.fraction(completingAtLeast: 2, of: steps) == 0.5)
    #expect(throws: MetricError.self) { try TaskMetrics.fraction(completingAtLeast: 1, of: []) }
  }

  @Test func `Tasks Wasserstein is the mean number of sub-tasks to change`() throws {
    // Best pairing by hand: 11→11 (0), 10→10 (0), 00→11 (2), 01→00 (1): 3 changes in 4 episodes.
    let a = [[4, 9], [4, -1], [-1, -1], [-1, 2]]
    let b = [[1, 1], [2, 3], [7, -1], [-1, -1]]
    // 01→11 and 00→00 is better: one change in four.
    try expectClose(TaskMetrics.tasksWasserstein(a, b), 0.25, relative: 1e-6)
    // All three sub-tasks against none, where the Euclidean distance would be √3.
    let all = try TaskMetrics.tasksWasserstein([[1, 2, 3]], [[-1, -1, -1]])
    expectClose(all, 3, relative: 1e-6)
    #expect(throws: MetricError.self) { try TaskMetrics.tasksWasserstein([[1]], [[1, 2]]) }
  }

  @Test func `Time Wasserstein counts what was never done at the limit`() throws {
    // Sub-task 0: {10, 100} against {20, 30}: (10 + 70) / 2. Sub-task 1: {50, 60} against
    // {50, 70}: 5. Sub-task 2 is done by no demonstration.
    let distance = try TaskMetrics.timeWasserstein(
      [[10, 60, 5], [-1, 50, 5]], demonstrations: [[20, 50, -1], [30, 70, -1]], limit: 100)
    expectClose(distance, (40 + 5) / 2.0, relative: 1e-6)
    #expect(throws: MetricError.self) {
      try TaskMetrics.timeWasserstein([[1]], demonstrations: [[-1]], limit: 10)
    }
  }

  @Test func `State Wasserstein scales by the demonstrations and ignores what never changes`()
    throws
  {
    // The first coordinate has deviation 2; the second changes between episodes, but within none;
    // the third has deviation 0.5.
    let demonstrations = [episode([[0, 7, 0], [4, 7, 1]]), episode([[0, 8, 1], [4, 8, 0]])]
    let rollouts = demonstrations.map { demonstration in
      guard case .float32(let values)? = demonstration.observations["state"]?.elements else {
        return demonstration
      }
      return episode(
        stride(from: 0, to: values.count, by: 3).map { [values[$0] + 6, 9, values[$0 + 2] + 2] })
    }
    let sample = try StateSample(of: rollouts, against: demonstrations, features: ["state"])
    // A shift by (3, 4) deviations has length 5, divided by √2 for two coordinates.
    let distance = try sample.wasserstein()
    expectClose(distance, 5 / 2.0.squareRoot(), relative: 1e-6)
    let near = try StateSample(of: demonstrations, against: demonstrations, features: ["state"])
    #expect(try near.wasserstein() == 0)
  }

  @Test func `an episode without the feature is named`() throws {
    let error = #expect(throws: MetricError.self) {
      try StateSample(of: [episode([[1]])], against: [episode([[1]])], features: ["pose"])
    }
    #expect(
      error?.description
        == "flat observation 'pose' of demonstration 0 is empty; at least one point is needed")
  }

  @Test func `behaviour entropy is that of the frequencies over the modes of the reference`() {
    let red = ["first": "red"]
    let blue = ["first": "blue"]
    let even = BehaviourEntropy.normalised([red, blue, red, blue], modeCount: 2)
    #expect(even == 1)
    let skewed = BehaviourEntropy.normalised([red, red, red, blue], modeCount: 4) ?? -1
    let byHand = -(0.75 * log(0.75) + 0.25 * log(0.25)) / log(4)
    expectClose(skewed, byHand, relative: 1e-6)
    #expect(BehaviourEntropy.normalised([red, red], modeCount: 2) == 0)
    #expect(BehaviourEntropy.normalised([], modeCount: 2) == 0)
    #expect(BehaviourEntropy.normalised([red], modeCount: 1) == nil)
  }

  @Test func `Wilson's interval has its textbook values`() throws {
    // Newcombe 1998, Table I: 81/263 at 95 % gives 0.2553 to 0.3662; 0/20 gives 0 to 0.1611.
    let some = try WilsonInterval(successes: 81, trials: 263)
    #expect(abs(some.low - 0.2553) < 5e-5 && abs(some.high - 0.3662) < 5e-5)
    let none = try WilsonInterval(successes: 0, trials: 20)
    #expect(none.low == 0 && abs(none.high - 0.1611) < 5e-5)
    #expect(throws: MetricError.self) { try WilsonInterval(successes: 3, trials: 2) }
  }
}
