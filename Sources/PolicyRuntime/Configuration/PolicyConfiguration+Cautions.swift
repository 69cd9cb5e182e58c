import Diffusion

/// What denoisers of every style are set to.
protocol DenoiserSettings {
  var process: NoiseProcess.Specification { get }
  var schedule: NoiseSchedule.Specification { get }
  var prediction: PredictionType { get }
  var sampler: SamplerSpecification { get }
}

extension Denoising: DenoiserSettings {}

extension PolicyConfiguration {
  /// Choices that are allowed and were measured to be bad, one sentence each with its remedy; the
  /// figures are those of `Demos/RESULTS.md`.
  public var cautions: [String] {
    var cautions: [String] = []
    if method is RegressionMethod, backbone is SceneMixture {
      cautions.append(
        "mse on a scene averages over frames that are alike (claw: 0.09 on a toy; sieve 0.34);"
          + " --method diffusion, or --backbone sieve")
    }
    guard let denoiser = method as? any DenoiserSettings else { return cautions }
    if denoiser.process.kind == .ve, horizons.prediction > 1 {
      cautions.append(
        "the process ve is imprecise on chunks (push: success 0.02; flow 0.42); --process flow")
    }
    if let caution = Self.caution(ofSchedule: denoiser) { cautions.append(caution) }
    if let caution = Self.caution(ofSteps: denoiser) { cautions.append(caution) }
    return cautions
  }

  /// Noise that does not hide the clean chunk at t = T, where sampling takes it for pure noise.
  private static func caution(ofSchedule denoiser: any DenoiserSettings) -> String? {
    guard denoiser.process.kind == .vp, let schedule = try? NoiseSchedule(denoiser.schedule),
      let last = schedule.alphaBars.last, last > 0.1
    else { return nil }
    return
      "the \(denoiser.schedule.kind.rawValue) schedule of \(denoiser.schedule.steps) steps ends"
      + " at ᾱ = \(Double(Int(last * 100)) / 100), where the chunk still shows; --schedule cosine, or"
      + " more --noise-steps"
  }

  /// Samplers that need more steps than they take.
  private static func caution(ofSteps denoiser: any DenoiserSettings) -> String? {
    let sampler = denoiser.sampler
    let steps = min(sampler.noiseSteps.count ?? denoiser.schedule.steps, denoiser.schedule.steps)
    switch sampler.kind {
    case .heun where steps < 8:
      return
        "heun in \(steps) steps is far from its end (claw: distance 0.33 with 7 questions; dpm++"
        + " 0.13); --sampler dpm++"
    case .langevin where steps < 8:
      return
        "langevin in \(steps) steps does not come to rest (claw: distance 0.97 with 2; 0.13 with"
        + " 8); --sampling-steps 8"
    case .ddpm, .ddim, .dpmSolver, .euler:
      guard denoiser.process.kind == .vp, denoiser.prediction == .epsilon, steps < 10,
        sampler.noiseSteps.spacing != .leading, steps < denoiser.schedule.steps
      else { return nil }
      return
        "\(steps) steps are few for a network that predicts the noise: the first leap carries its"
        + " error along (claw: distance 0.187 with 8, 0.156 with 50); train with --prediction velocity,"
        + " or sample with --set policy.method.sampler.noise_steps.spacing=leading"
    default: return nil
    }
  }
}
