import Demonstrations
import Diffusion
import EnvironmentInterface
import Foundation
import Imitation
import Neural
import TestSupport
import Testing

/// What each method makes of two right answers: the expressive ones act either with its odds, the
/// others fail in the way that is known of them.
@Suite struct TwoModesTests {
  /// Positions where the upper mode has the odds 0.25, 0.5 and 0.75.
  private static let positions: [Float] = [-0.625, 0, 0.625]

  private func trained(
    _ method: String, _ backbone: String = "mlp",
    _ settings: [String: Settings.Value] = ["energy.counter_examples": 31, "energy.samples": 128]
  ) throws -> Policy {
    let checkpoint = try checkpoint(method, backbone, settings)
    return try Policy(checkpoint, capacity: 250)
  }

  private func checkpoint(
    _ method: String, _ backbone: String = "mlp", _ settings: [String: Settings.Value]
  ) throws -> Checkpoint {
    let folder = try TemporaryFolder()
    try TwoModes.write(to: folder.file("modes.hdf5"))
    let configuration = TrainingConfiguration(
      policy: try PolicyConfiguration().of(
        method, backbone,
        [
          "backbone.hidden_width": 32, "backbone.depth": 2, "backbone.transformer.width": 16,
          "backbone.transformer.blocks": 2, "backbone.transformer.heads": 2,
          "backbone.transformer.head_width": 8, "clusters": 10,
        ].merging(settings) { $1 }),
      // Methods of two parts share their steps out.
      steps: ["latent-diffusion", "diffusion-autoencoder"].contains(method) ? 4500 : 1500,
      batch: 64, learningRate: LearningRate(peak: 3e-3))
    let trainer = try Trainer(
      configuration, demonstrations: DemonstrationStore(reading: folder.file("modes.hdf5")))
    try trainer.run()
    return trainer.checkpoint
  }

  /// 2000 actions at one position.
  private func actions(_ policy: Policy, at x: Float) throws -> [[Float]] {
    let keys = (0..<2000).map { DecisionKey(seed: UInt64($0), step: 0) }
    let windows = keys.map { _ in ObservationWindow([["position": .float32([x])]]) }
    return try policy.act(windows, keys: keys).map { $0[0] }
  }

  private func moments(_ actions: [[Float]], _ value: Int) -> (mean: Double, deviation: Double) {
    let values = actions.map { Double($0[value]) }
    let mean = values.reduce(0, +) / Double(values.count)
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
    return (mean, variance.squareRoot())
  }

  @Test(arguments: [
    "kmeans", "kmeans-residual", "ebm", "diffusion", "diffusion-x", "vq", "latent-diffusion",
    "diffusion-autoencoder",
  ])
  func `expressive methods act either mode with its odds`(_ method: String) throws {
    let policy = try trained(method)
    for x in Self.positions {
      let corners = TwoModes.Corners(try actions(policy, at: x))
      // Plain diffusion leaves some samples short of a mode, which the extra steps of -X pull in.
      let least = method.contains("diffusion") && method != "diffusion-x" ? 0.92 : 0.98
      #expect(corners.lower + corners.upper > least, "\(method) at \(x): \(corners)")
      // Sampling error is 1.1 %; the rest is what 4000 demonstrations leave.
      expectClose(
        corners.upper, TwoModes.upperWeight(at: x), absolute: 0.06, "\(method) at \(x)")
    }
  }

  @Test(arguments: ["cvae", "flow-policy"])
  func `a continuous map of noise has both modes and their odds, and a bridge between them`(
    _ method: String
  ) throws {
    let policy = try trained(method)
    for x in Self.positions {
      let corners = TwoModes.Corners(try actions(policy, at: x))
      // Noise is connected and so is what it is mapped to.
      #expect(corners.elsewhere > 0.02 && corners.elsewhere < 0.15, "at \(x): \(corners)")
      #expect(corners.mixed < 0.01, "at \(x): \(corners)")
      expectClose(
        corners.upper / (corners.lower + corners.upper), TwoModes.upperWeight(at: x),
        absolute: 0.06, "\(method) at \(x)")
    }
  }

  @Test func `an autoencoder whose latents cost too much gives them up and acts the mean`() throws {
    let policy = try trained("cvae", "mlp", ["kl_weight": 100, "prior": "standard"])
    let units = policy.checkpoint.metrics.last?.figures?["active_units"]
    #expect(units == 0)
    for x in Self.positions {
      let actions = try actions(policy, at: x)
      let mean = (2 * TwoModes.upperWeight(at: x) - 1) * TwoModes.distance
      expectClose(moments(actions, 0).mean, mean, absolute: 0.09, "mean at \(x)")
      #expect(moments(actions, 0).deviation < 0.05)
    }
  }

  @Test(arguments: ["sieve", "transformer"])
  func `diffusion acts either mode with every backbone`(_ backbone: String) throws {
    let policy = try trained("diffusion", backbone)
    for x in Self.positions {
      let corners = TwoModes.Corners(try actions(policy, at: x))
      #expect(corners.lower + corners.upper > 0.95, "\(backbone) at \(x): \(corners)")
      expectClose(
        corners.upper, TwoModes.upperWeight(at: x), absolute: 0.08, "\(backbone) at \(x)")
    }
  }

  @Test func `the densest of many samples lies in the likelier mode`() throws {
    let policy = try trained("diffusion-kde")
    #expect(policy.sampler?.candidates == 100)
    #expect(TwoModes.Corners(try actions(policy, at: -0.625)).lower > 0.99)
    #expect(TwoModes.Corners(try actions(policy, at: 0.625)).upper > 0.99)
  }

  @Test func `guidance exaggerates what the observation says, or leaves it out`() throws {
    let checkpoint = try checkpoint("diffusion", "mlp", ["observation_dropout": 0.2])
    func upper(_ weight: Double) throws -> Double {
      let policy = try Policy(
        checkpoint, sampler: SamplerSpecification(clip: 1, guidance: weight), capacity: 250)
      return TwoModes.Corners(try actions(policy, at: 0.625)).upper
    }
    expectClose(try upper(0), 0.75, absolute: 0.07, "as seen")
    // Over all positions the modes are equally likely.
    expectClose(try upper(-1), 0.5, absolute: 0.07, "whatever is seen")
    // Odds of 3 to 1 squared are 9 to 1.
    expectClose(try upper(1), 0.9, absolute: 0.07, "exaggerated")
  }

  @Test func `Langevin's search finds both modes, each where its basin is`() throws {
    let policy = try trained(
      "ebm", "mlp",
      [
        "energy.counter_examples": 31, "energy.search": "langevin", "energy.langevin_steps": 60,
      ])
    let corners = TwoModes.Corners(try actions(policy, at: 0))
    #expect(corners.lower > 0.2 && corners.upper > 0.2, "\(corners)")
    #expect(corners.lower + corners.upper > 0.8, "\(corners)")
  }

  @Test func `mean squared error acts the mean of both modes`() throws {
    let policy = try trained("mse")
    for x in Self.positions {
      let actions = try actions(policy, at: x)
      #expect(Set(actions).count == 1)
      let mean = Float((2 * TwoModes.upperWeight(at: x) - 1) * TwoModes.distance)
      expectClose(actions[0], [mean, mean], absolute: 0.07, "mean at \(x)")
      #expect(TwoModes.Corners(actions, radius: 0.1).elsewhere == 1)
    }
  }

  @Test func `a Gaussian smears one mode over both`() throws {
    let policy = try trained("gaussian")
    for x in Self.positions {
      let actions = try actions(policy, at: x)
      let odds = TwoModes.upperWeight(at: x)
      let range = policy.checkpoint.normalizer.action
      for value in 0..<2 {
        // The mixture's own mean and deviation, but for actions beyond what was demonstrated.
        let expected = TwoModes.clippedMoments(
          mean: (2 * odds - 1) * TwoModes.distance,
          deviation: 2 * TwoModes.distance * (odds * (1 - odds)).squareRoot(),
          low: Double(range.low[value]), high: Double(range.high[value]))
        let (mean, deviation) = moments(actions, value)
        expectClose(mean, expected.mean, absolute: 0.07, "mean at \(x)")
        expectClose(deviation, expected.deviation, absolute: 0.05, "deviation at \(x)")
      }
      #expect(TwoModes.Corners(actions).elsewhere > 0.3, "\(TwoModes.Corners(actions))")
    }
  }

  @Test func `bins are drawn independently and mix the modes`() throws {
    let policy = try trained("discretised")
    for x in Self.positions {
      let actions = try actions(policy, at: x)
      let corners = TwoModes.Corners(actions)
      let odds = TwoModes.upperWeight(at: x)
      #expect(corners.elsewhere < 0.02, "at \(x): \(corners)")
      expectClose(corners.upper, odds * odds, absolute: 0.06, "upper at \(x)")
      expectClose(corners.lower, (1 - odds) * (1 - odds), absolute: 0.06, "lower at \(x)")
      expectClose(corners.mixed, 2 * odds * (1 - odds), absolute: 0.06, "mixed at \(x)")
    }
  }
}
