import Demonstrations
import Evaluation
import PolicyMetrics
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

@Suite struct StateSampleTests {
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
}
