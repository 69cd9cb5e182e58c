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
    var policy = PolicyConfiguration(backbone: SceneMixture(hiddenWidth: 256))
    policy.observations = ["state"]
    policy.horizons = Horizons(fixed: 1, 8, 6)
    return Recipe(
      name: "push",
      reason: "a second observation makes a policy copy its own motion, long chunks learn slowly",
      configuration: TrainingConfiguration(
        policy: policy, steps: 20_000, learningRate: LearningRate(peak: 2e-3)))
  }

  /// Long chunks that must end within two pixels.
  static var pushT: Recipe {
    var method = DiffusionX()
    method.schedule.steps = 100
    method.prediction = .velocity
    method.sampler.noiseSteps.extraSteps = 32
    let scene = SceneMixture(
      hiddenWidth: 384, entities: ["agent=agent_pos:0", "block=block_pose:0:2"])
    var policy = PolicyConfiguration(method: method, backbone: scene)
    policy.observations = ["agent_pos", "block_pose"]
    policy.angles = ["block_pose.2"]
    policy.horizons = Horizons(fixed: 1, 16, 8)
    return Recipe(
      name: "push-t",
      reason: "a second observation makes a policy copy its own motion, and extra steps at the end"
        + " make it precise: success 0.20, with one observation 0.35, with 32 extra steps 0.47",
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
