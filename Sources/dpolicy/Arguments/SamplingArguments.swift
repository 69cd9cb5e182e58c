import ArgumentParser
import Diffusion
import Imitation
import Naming

/// How a diffusion policy samples; what is not given stays as the policy was configured.
struct SamplingArguments: ParsableArguments {
  @Option(
    help: "The sampler: \(SamplerSpecification.Kind.names.joined(separator: ", ")).",
    completion: .list(SamplerSpecification.Kind.names))
  var sampler: String?

  @Option(help: "How many noise steps are visited; all if not given.")
  var samplingSteps: Int?

  @Option(help: "DDIM's share of noise, 0 to 1.")
  var eta: Double?

  @Option(
    help: ArgumentHelp(
      "DDPM's variance: small, large; or learned, for policies trained with --learn-variance.",
      visibility: .hidden))
  var variance: String?

  @Option(
    help: "Where sampling starts: noise; or zero, which gives one answer, with dpm++, heun, euler.")
  var start: String?

  @Option(help: "Extra steps held at t = 1: Diffusion-X.")
  var extraSteps: Int?

  @Option(help: "Samples of which the one of highest density is taken: Diffusion-KDE.")
  var candidates: Int?

  @Option(
    help: ArgumentHelp(
      "The width of the density's kernel, in normalised actions.", visibility: .hidden))
  var bandwidth: Double?

  @Option(help: "The weight of guidance; for policies trained with --observation-dropout.")
  var guidance: Double?

  /// Whether any flag was given.
  var isGiven: Bool { !given.isEmpty }

  /// The flags that were given.
  private var given: [String] {
    [
      ("--sampler", sampler != nil), ("--sampling-steps", samplingSteps != nil),
      ("--eta", eta != nil), ("--variance", variance != nil), ("--start", start != nil),
      ("--extra-steps", extraSteps != nil),
      ("--candidates", candidates != nil), ("--bandwidth", bandwidth != nil),
      ("--guidance", guidance != nil),
    ].filter(\.1).map(\.0)
  }

  /// A policy's way to sample with what was given; nil where nothing was.
  ///
  /// - Throws: `UnknownName` for a sampler that there is not, `DiffusionError` for an option
  ///   outside its range, ``UsageError`` for a policy that does not sample so, or that cannot be
  ///   guided.
  func applied(to policy: PolicyConfiguration) throws -> SamplerSpecification? {
    guard let flag = given.first else { return nil }
    let method = policy.method
    guard var result = method.sampling else {
      let others = MethodRegistry.standard.methods.filter { $0.sampling != nil }.map(\.name)
      throw UsageError(
        "'\(flag)' is for policies that denoise (\(others.joined(separator: ", "))); a policy of "
          + "method '\(method.name)' has no such step")
    }
    if let sampler { result.kind = try SamplerSpecification.Kind(named: sampler) }
    if let samplingSteps { result.noiseSteps.count = samplingSteps }
    if let eta { result.eta = eta }
    if let variance { result.ddpmVariance = try DDPMSampler.Variance(named: variance) }
    if let start { result.start = try SamplerSpecification.Start(named: start) }
    if let extraSteps { result.noiseSteps.extraSteps = extraSteps }
    if let candidates { result.candidates = candidates }
    if let bandwidth { result.bandwidth = bandwidth }
    if let guidance { result.guidance = guidance }
    if eta != nil, result.kind != .ddim {
      throw UsageError("'--eta' is DDIM's; add '--sampler ddim'")
    }
    if variance != nil, result.kind != .ddpm {
      throw UsageError("'--variance' is DDPM's; add '--sampler ddpm'")
    }
    if result.guidance != 0, !method.dropsObservations {
      throw UsageError(
        "guidance needs a policy that was trained with --observation-dropout, such as 0.1")
    }
    _ = try method.sampled(by: result)
    return result
  }
}
