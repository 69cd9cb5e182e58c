import ArgumentParser
import Diffusion
import Imitation
import Naming

/// How a diffusion policy samples; what is not given stays as the policy was configured.
struct SamplingArguments: ParsableArguments {
  @Option(help: "The sampler: \(SamplerSpecification.Kind.names.joined(separator: ", ")).")
  var sampler: String?

  @Option(help: "How many noise steps are visited; all if not given.")
  var samplingSteps: Int?

  @Option(help: "DDIM's share of noise, 0 to 1.")
  var eta: Double?

  @Option(help: "Extra steps held at t = 1: Diffusion-X.")
  var extraSteps: Int?

  @Option(help: "Samples of which the one in the densest place is taken: Diffusion-KDE.")
  var candidates: Int?

  @Option(help: "The width of the kernel that finds the densest place, in normalised actions.")
  var bandwidth: Double?

  @Option(help: "The weight of guidance; for policies trained with --observation-dropout.")
  var guidance: Double?

  /// Whether any flag was given.
  var isGiven: Bool { !given.isEmpty }

  /// The flags that were given.
  private var given: [String] {
    [
      ("--sampler", sampler != nil), ("--sampling-steps", samplingSteps != nil),
      ("--eta", eta != nil), ("--extra-steps", extraSteps != nil),
      ("--candidates", candidates != nil), ("--bandwidth", bandwidth != nil),
      ("--guidance", guidance != nil),
    ].filter(\.1).map(\.0)
  }

  /// A configuration's way to sample with what was given.
  ///
  /// - Throws: `DiffusionError` for an unknown sampler or an option outside its range, ``UsageError``
  ///   for a policy that does not sample so, or that cannot be guided.
  func applied(to policy: PolicyConfiguration) throws -> SamplerSpecification {
    if let flag = given.first, !policy.method.isDiffusion {
      throw UsageError(
        "'\(flag)' is for diffusion policies; a policy of method '\(policy.method.rawValue)' has "
          + "no such step")
    }
    var result = policy.method.sampler(policy.sampler)
    if let sampler { result.kind = try SamplerSpecification.Kind(named: sampler) }
    if let samplingSteps { result.noiseSteps.count = samplingSteps }
    if let eta { result.eta = eta }
    if let extraSteps { result.noiseSteps.extraSteps = extraSteps }
    if let candidates { result.candidates = candidates }
    if let bandwidth { result.bandwidth = bandwidth }
    if let guidance { result.guidance = guidance }
    if eta != nil, result.kind != .ddim {
      throw UsageError("'--eta' is DDIM's; add '--sampler ddim'")
    }
    if policy.method.isDiffusion, result.guidance != 0, policy.observationDropout == 0 {
      throw UsageError(
        "guidance needs a policy that was trained with --observation-dropout, such as 0.1")
    }
    if !given.isEmpty {
      _ = try result.plan(
        for: NoiseProcess(NoiseSchedule(policy.schedule)), prediction: policy.prediction)
    }
    return result
  }
}
