import Demonstrations
import Diffusion
import EnvironmentInterface
import Imitation
import Neural
import TestSupport
import Testing

/// Every process with every sampler that it has: two modes come out with their odds.
@Suite struct ProcessLearningTests {
  private func trained(_ method: any Method, steps: Int = 4000) throws -> Checkpoint {
    let folder = try TemporaryFolder()
    try TwoModes.write(to: folder.file("modes.hdf5"))
    let configuration = TrainingConfiguration(
      policy: PolicyConfiguration(method: method, backbone: MLP(hiddenWidth: 64, depth: 3)),
      steps: steps, batch: 64, learningRate: LearningRate(peak: 3e-3))
    let trainer = try Trainer(
      configuration, demonstrations: DemonstrationStore(reading: folder.file("modes.hdf5")))
    try trainer.run()
    return trainer.checkpoint
  }

  private func actions(_ policy: Policy, at x: Float, count: UInt64 = 1000) throws -> [[Float]] {
    let keys = (0..<count).map { DecisionKey(seed: $0, step: 0) }
    let windows = keys.map { _ in ObservationWindow([["position": .float32([x])]]) }
    return try policy.act(windows, keys: keys).map { $0[0] }
  }

  @Test(arguments: NoiseProcess.Kind.allCases)
  func `every sampler of a process acts either mode with its odds`(
    process: NoiseProcess.Kind
  ) throws {
    let checkpoint = try trained(DenoisingDiffusion(process: .init(kind: process)))
    let fitting = SamplerSpecification.Kind.allCases.filter { $0.fits(process) }
    for kind in fitting {
      let policy = try Policy(
        checkpoint, sampler: SamplerSpecification(kind: kind, clip: 1), capacity: 250)
      for x: Float in [-0.625, 0.625] {
        let corners = TwoModes.Corners(try actions(policy, at: x))
        #expect(corners.lower + corners.upper > 0.9, "\(process) \(kind) at \(x): \(corners)")
        // Sampling error is 1.4 %; the rest is what a short training of a small network leaves.
        expectClose(
          corners.upper, TwoModes.upperWeight(at: x), absolute: 0.1,
          "\(process) \(kind) at \(x)")
      }
    }
    // One answer, whatever the key.
    let zero = try Policy(
      checkpoint, sampler: SamplerSpecification(kind: .euler, start: .zero, clip: 1))
    #expect(try Set(actions(zero, at: 0.625, count: 5)).count == 1)
  }

  @Test(arguments: [
    DenoisingDiffusion(prediction: .preconditioned, drawing: .init(.logNormal)),
    DenoisingDiffusion(process: .init(kind: .flow), drawing: .init(.beta)),
    DenoisingDiffusion(
      prediction: .velocity, lossWeighting: .init(.minSNR), drawing: .init(.importance)),
  ])
  func `every drawing of noise steps learns both modes`(method: DenoisingDiffusion) throws {
    let policy = try Policy(trained(method), capacity: 250)
    let corners = TwoModes.Corners(try actions(policy, at: 0))
    #expect(corners.lower + corners.upper > 0.9, "\(corners)")
    expectClose(corners.upper, 0.5, absolute: 0.1, "\(method.drawing.kind)")
  }

  @Test func `the deviation of the data is measured, kept and used`() throws {
    let checkpoint = try trained(DenoisingDiffusion(process: .init(kind: .karras)), steps: 3)
    let model = try PolicyModel(checkpoint.configuration.policy, shape: checkpoint.shape)
    let constant = try #require(model.table.parameters.first { $0.isConstant })
    // Actions of ±0.6 ± 0.03, scaled so that the outermost are ±1.
    let range = checkpoint.normalizer.action
    let unit = (Double(range.high[0]) - Double(range.low[0])) / 2
    expectClose(checkpoint.weights[constant][0], 0.6 / unit, relative: 0.05)
    let plain = try trained(DenoisingDiffusion(), steps: 3)
    let none = try PolicyModel(plain.configuration.policy, shape: plain.shape)
    #expect(none.table.parameters.allSatisfy { !$0.isConstant })
  }

  @Test func `mip acts the mean, in two questions`() throws {
    let policy = try Policy(trained(MinimalIterativePolicy()), capacity: 250)
    for x: Float in [-0.625, 0, 0.625] {
      let actions = try actions(policy, at: x, count: 20)
      #expect(Set(actions).count == 1)
      let mean = Float((2 * TwoModes.upperWeight(at: x) - 1) * TwoModes.distance)
      // The second question draws the answer towards the nearer mode.
      #expect(abs(actions[0][0]) < 0.65 && (x == 0 || actions[0][0] * mean > 0), "\(actions[0])")
    }
  }

  @Test func `what does not go together is refused before training`() {
    let cases: [(DenoisingDiffusion, String)] = [
      (DenoisingDiffusion(process: .init(kind: .flow), prediction: .epsilon), "does not go with"),
      (
        DenoisingDiffusion(process: .init(kind: .flow), drawing: .init(.logNormal)),
        "does not go with process 'flow'"
      ),
      (DenoisingDiffusion(sampler: .init(kind: .langevin)), "'langevin' does not go with"),
      (DenoisingDiffusion(sampler: .init(ddpmVariance: .learned)), "without --learn-variance"),
    ]
    for (method, words) in cases {
      #expect(message { try method.validate() }.contains(words))
    }
    let over = SamplerSpecification(kind: .ddim, ddimVariance: .simple, eta: 0.5)
    #expect(message { try DenoisingDiffusion(sampler: over).validate() } == "no error")
    #expect(
      message { _ = try DenoisingDiffusion().sampled(by: over) }.contains("simple variance"))
  }
}
