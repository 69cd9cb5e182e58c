import Diffusion
import Imitation
import TestSupport
import Testing

/// Choices that are allowed and known to be bad.
@Suite struct CautionTests {
  private func cautions(
    backbone: any Backbone = Sieve(), _ change: (inout DenoisingDiffusion) -> Void
  ) throws -> [String] {
    var method = DenoisingDiffusion()
    change(&method)
    return PolicyConfiguration(
      method: method, backbone: backbone, horizons: try Horizons(prediction: 8)
    ).cautions
  }

  private func steps(_ count: Int, _ kind: SamplerSpecification.Kind) -> SamplerSpecification {
    SamplerSpecification(kind: kind, noiseSteps: NoiseStepSelection(count: count))
  }

  @Test func `defaults and recipes are no bad choices`() throws {
    #expect(try cautions { _ in } == [])
    for recipe in Recipe.standard { #expect(recipe.configuration.policy.cautions == []) }
  }

  @Test(arguments: [SamplerSpecification.Kind.ddim, .ddpm, .dpmSolver])
  func `few steps of predicted noise are told with their remedies`(
    _ kind: SamplerSpecification.Kind
  ) throws {
    let told = try cautions { $0.sampler = steps(5, kind) }
    #expect(told.count == 1)
    #expect(told[0].hasPrefix("5 steps are few") && told[0].contains("--prediction velocity"))
    // Each remedy is one.
    #expect(
      try cautions {
        $0.sampler = steps(5, kind)
        $0.prediction = .velocity
      } == [])
    #expect(
      try cautions {
        $0.sampler = steps(5, kind)
        $0.sampler.noiseSteps.spacing = .leading
      } == [])
    #expect(try cautions { $0.sampler = steps(16, kind) } == [])
  }

  @Test func `others are told as well, each once`() throws {
    #expect(try cautions { $0.sampler = steps(4, .heun) }[0].contains("--sampler dpm++"))
    let ve = try cautions {
      $0.process.kind = .ve
      $0.prediction = .epsilon
      $0.sampler = steps(2, .langevin)
    }
    #expect(ve.count == 2 && ve[0].contains("--process flow"))
    #expect(ve[1].contains("--sampling-steps 8"))
    let linear = try cautions { $0.schedule.kind = .linear }
    #expect(linear.count == 1 && linear[0].contains("--schedule cosine"))
    #expect(
      try cautions {
        $0.schedule.kind = .linear
        $0.schedule.steps = 1000
      } == [])
    let scene = PolicyConfiguration(method: RegressionMethod(), backbone: SceneMixture())
    #expect(scene.cautions.count == 1 && scene.cautions[0].contains("--backbone sieve"))
  }
}
