import Demonstrations
import Diffusion
import Imitation
import Neural
import TestSupport
import Testing

/// What methods learn of a distribution with a known answer.
@Suite struct LearningTests {
  private static func trained(
    _ method: any Method
  ) throws -> Policy {
    let folder = try TemporaryFolder()
    let configuration = TrainingConfiguration(
      policy: PolicyConfiguration(
        method: method, backbone: MLP(hiddenWidth: 64)),
      steps: 4500, batch: 64, learningRate: LearningRate(peak: 3e-3))
    let trainer = try Trainer(configuration, demonstrations: ToyDemonstrations.store(in: folder))
    try trainer.run()
    return try Policy(trainer.checkpoint, capacity: 250)
  }

  /// 1000 actions at one position.
  private func actions(_ policy: Policy, at x: Float) throws -> [[Float]] {
    let keys = (0..<1000).map { DecisionKey(seed: UInt64($0), step: 0) }
    let windows = keys.map { _ in ObservationWindow(ToyDemonstrations.window(x)) }
    return try policy.act(windows, keys: keys).map { $0[0] }
  }

  @Test(arguments: [PredictionType.epsilon, .sample, .velocity])
  func `diffusion finds both modes with their weights`(_ prediction: PredictionType) throws {
    // Plain x_0 errors hardly weigh the last, fine steps.
    let weighting = LossWeighting(prediction == .sample ? .minSNR : .simple)
    let policy = try Self.trained(
      DenoisingDiffusion(prediction: prediction, lossWeighting: weighting))
    for x: Float in [-0.8, 0, 0.6] {
      let actions = try actions(policy, at: x)
      let upper = actions.filter { abs($0[0] - (x + 1)) < 0.25 && abs($0[1] + x) < 0.25 }
      let lower = actions.filter { abs($0[0] - (x - 1)) < 0.25 && abs($0[1] + x) < 0.25 }
      #expect(upper.count + lower.count > 950, "\(prediction) at \(x): off both modes")
      // Sampling error is 1.4 %; the rest is what 2000 demonstrations and a small network leave.
      expectClose(Double(upper.count) / 1000, 0.75, absolute: 0.07, "weight of the upper mode")
      let mean = upper.reduce(0.0) { $0 + Double($1[0]) } / Double(upper.count)
      expectClose(mean, Double(x) + 1, absolute: 0.1, "middle of the upper mode")
    }
  }

  @Test func `mean squared error does what nobody showed: the mean`() throws {
    let policy = try Self.trained(RegressionMethod())
    for x: Float in [-0.8, 0, 0.6] {
      let actions = try actions(policy, at: x)
      #expect(Set(actions).count == 1)
      expectClose(actions[0], [x + 0.5, -x], absolute: 0.12, "mean at \(x)")
    }
  }
}
