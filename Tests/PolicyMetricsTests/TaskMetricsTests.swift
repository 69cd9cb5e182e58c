import Foundation
import PolicyMetrics
import TestSupport
import Testing

@Suite struct TaskMetricsTests {
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
}
