import ArgumentParser
import Diffusion

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

  /// Whether anything was given.
  var isGiven: Bool {
    sampler != nil || samplingSteps != nil || eta != nil || extraSteps != nil
  }

  /// The specification with what was given.
  ///
  /// - Throws: `DiffusionError` for an unknown sampler.
  func applied(to specification: SamplerSpecification) throws -> SamplerSpecification {
    var result = specification
    if let sampler { result.kind = try SamplerSpecification.Kind(named: sampler) }
    if let samplingSteps { result.times.count = samplingSteps }
    if let eta { result.eta = eta }
    if let extraSteps { result.times.extraSteps = extraSteps }
    return result
  }
}
