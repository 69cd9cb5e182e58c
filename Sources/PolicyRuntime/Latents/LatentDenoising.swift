/// A method with a denoiser at its heart that works on latents, or is told one.
///
/// How it samples is how that denoiser does.
public protocol LatentDenoising: Method {
  /// How it denoises.
  var denoising: DenoisingDiffusion { get }
}

extension LatentDenoising {
  /// How its denoiser samples.
  public var sampling: SamplerSpecification? { denoising.sampler }

  /// T, the number of noise steps.
  public var noiseSteps: Int? { denoising.noiseSteps }

  /// Whether the denoiser is shown no observation now and then.
  public var dropsObservations: Bool { denoising.dropsObservations }

  /// Refuses a network that needs to know where actions stand.
  public func check(_ backbone: any Backbone) throws {
    guard backbone is SceneMixture else { return }
    throw ImitationError.optionOutOfRange(
      name: "the backbone of method '\(Self.name)'", value: backbone.name,
      range: "one that needs no places: latents stand nowhere in a scene")
  }
}
