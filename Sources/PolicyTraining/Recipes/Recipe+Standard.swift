import Diffusion
import Neural
import PolicyRuntime

extension Recipe {
  /// One decision: where to come down.
  static var claw: Recipe {
    var method = DenoisingDiffusion()
    method.schedule.steps = 50
    var policy = PolicyConfiguration(method: method, backbone: SceneMixture(hiddenWidth: 128))
    policy.observations = ["state"]
    return Recipe(
      name: "claw",
      reason: "a scene sees every toy alike: 0.99 of actions on a toy where a sieve has 0.63",
      configuration: TrainingConfiguration(
        policy: policy, steps: 12_000, learningRate: LearningRate(peak: 2e-3)))
  }

  /// Chunks of pushes, in any order.
  static var push: Recipe {
    var policy = PolicyConfiguration(backbone: Sieve(hiddenWidth: 256))
    policy.observations = ["state"]
    policy.horizons = Horizons(fixed: 1, 8, 6)
    return Recipe(
      name: "push",
      reason: "one observation and short chunks: a second is copied, long ones learn slowly",
      configuration: TrainingConfiguration(
        policy: policy, steps: 20_000, batch: 512, learningRate: LearningRate(peak: 2e-3)))
  }

  /// Long chunks that must end within two pixels.
  static var pushT: Recipe {
    var method = DenoisingDiffusion()
    method.schedule.steps = 100
    method.prediction = .velocity
    method.sampler.kind = .dpmSolver
    method.sampler.start = .zero
    method.sampler.noiseSteps = NoiseStepSelection(count: 10, spacing: .trailing)
    let scene = SceneMixture(
      hiddenWidth: 384, entities: ["agent=agent_pos:0", "block=block_pose:0:2"])
    var policy = PolicyConfiguration(method: method, backbone: scene)
    policy.observations = ["agent_pos", "block_pose"]
    policy.angles = ["block_pose.2"]
    policy.horizons = Horizons(fixed: 1, 16, 8)
    return Recipe(
      name: "push-t",
      reason: "one observation does not copy its own motion (success 0.35 for 0.20 of two), and one"
        + " precise answer from zero in 10 steps is finer than people were (0.79)",
      configuration: TrainingConfiguration(policy: policy, steps: 30_000))
  }
}

extension Horizons {
  /// Horizons of a recipe, which are known to fit.
  fileprivate init(fixed observation: Int, _ prediction: Int, _ action: Int) {
    self =
      (try? Horizons(observation: observation, prediction: prediction, action: action)) ?? .single
  }
}
