internal import Diffusion

/// A way to sample from a denoiser that has a name of its own; ``Denoising`` makes a method of it.
public protocol SamplingStyle: Sendable, Hashable {
  /// The method's name.
  static var name: String { get }
  /// What the method learns, or what is special about how it acts.
  static var summary: String { get }
  /// How it samples unless something else is asked for.
  static var sampler: SamplerSpecification { get }
}

/// A sample as the reverse process makes it: Diffusion BC.
public enum PlainSampling: SamplingStyle {
  /// The method's name.
  public static let name = "diffusion"
  /// What it learns.
  public static let summary = "a denoiser of chunks"
  /// DDPM over all noise steps, clean actions clipped to their range.
  public static var sampler: SamplerSpecification { SamplerSpecification(clip: 1) }
}

/// Extra steps at the last noise level: Diffusion-X.
public enum ExtraStepSampling: SamplingStyle {
  /// The method's name.
  public static let name = "diffusion-x"
  /// What is special about it.
  public static let summary = "the same, with extra steps at the last noise level"
  /// Eight extra steps.
  public static var sampler: SamplerSpecification {
    var sampler = PlainSampling.sampler
    sampler.noiseSteps.extraSteps = 8
    return sampler
  }
}

/// Of many samples the one in the densest place: Diffusion-KDE.
public enum DensestSampling: SamplingStyle {
  /// The method's name.
  public static let name = "diffusion-kde"
  /// What is special about it.
  public static let summary = "the same; of many samples, the one in the densest place"
  /// A hundred candidates.
  public static var sampler: SamplerSpecification {
    var sampler = PlainSampling.sampler
    sampler.candidates = 100
    return sampler
  }
}
