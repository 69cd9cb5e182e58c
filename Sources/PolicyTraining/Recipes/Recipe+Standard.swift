import Diffusion
import Neural
import PolicyRuntime

extension Recipe {
  /// One decision: where to come down.
  static var claw: Recipe {
    var method = DenoisingDiffusion()
    method.schedule.steps = 200
    var policy = PolicyConfiguration(method: method, backbone: SceneMixture(hiddenWidth: 128))
    policy.observations = ["state"]
    return Recipe(
      name: "claw",
      reason: "the network 'scene', which treats every toy alike (0.99 of the drops hit a toy; of a"
        + " sieve's 0.63), and 200 noise steps, which cover more of where demonstrators drop than 50"
        + " (coverage 0.93 for 0.84)",
      configuration: TrainingConfiguration(
        policy: policy, steps: 12_000, learningRate: LearningRate(peak: 2e-3)))
  }

  /// Chunks of pushes, in any order.
  static var push: Recipe {
    var method = DenoisingDiffusion()
    method.process.kind = .flow
    method.prediction = .flowVelocity
    method.sampler.kind = .dpmSolver
    method.sampler.noiseSteps = NoiseStepSelection(count: 8)
    var scene = SceneMixture(hiddenWidth: 128, views: ["red,blue>left_zone,right_zone"])
    scene.waves = 0
    var policy = PolicyConfiguration(method: method, backbone: scene)
    policy.observations = ["state"]
    policy.horizons = Horizons(fixed: 1, 8, 1)
    return Recipe(
      name: "push",
      reason: "the network 'scene', which looks from each block towards each zone, so that all four"
        + " pushes are the same task; and a decision after every action (success 0.98; 0.92 where"
        + " six actions are executed)",
      configuration: TrainingConfiguration(
        policy: policy, steps: 10_000, batch: 256, learningRate: LearningRate(peak: 2e-3)))
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
      reason: "one observation, which did better than two (success 0.35 for 0.20), and a single"
        + " precise answer, sampled from zero in 10 steps (success 0.79)",
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
