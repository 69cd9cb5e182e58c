public import Naming

/// A sampler with its options and the noise steps it visits; what configurations store.
public struct SamplerSpecification: Codable, Sendable, Hashable {
  /// The samplers.
  public enum Kind: String, NamedChoice {
    /// Ancestral sampling: ``DDPMSampler``.
    case ddpm
    /// Along the predicted noise: ``DDIMSampler``.
    case ddim

    /// What is chosen, for messages.
    public static var kindOfChoice: String { "sampler" }
  }

  /// The sampler.
  public var kind: Kind
  /// Which noise steps are visited.
  public var times: SamplingTimes
  /// The variance of DDPM's noise.
  public var ddpmVariance: DDPMSampler.Variance
  /// The variance of DDIM's noise.
  public var ddimVariance: DDIMSampler.Variance
  /// DDIM's η in [0, 1].
  public var eta: Double
  /// The largest magnitude of the predicted clean sample, at least 1e-6; nil for no clipping.
  public var clip: Double?
  /// w of classifier-free guidance (``Guidance``); 0 for none.
  public var guidance: Double
  /// N, how many samples are drawn for one observation, of which the one in the densest place is
  /// taken (Diffusion-KDE); 1 for plain sampling.
  public var candidates: Int
  /// The width of the kernel that finds the densest place, in units of normalised actions.
  public var bandwidth: Double

  /// Creates a specification.
  public init(
    kind: Kind = .ddpm, times: SamplingTimes = SamplingTimes(),
    ddpmVariance: DDPMSampler.Variance = .small, ddimVariance: DDIMSampler.Variance = .scaled,
    eta: Double = 0, clip: Double? = nil, guidance: Double = 0, candidates: Int = 1,
    bandwidth: Double = 0.2
  ) {
    self.kind = kind
    self.times = times
    self.ddpmVariance = ddpmVariance
    self.ddimVariance = ddimVariance
    self.eta = eta
    self.clip = clip
    self.guidance = guidance
    self.candidates = candidates
    self.bandwidth = bandwidth
  }

  /// The plan of the whole reverse process.
  ///
  /// - Parameters:
  ///   - schedule: The noise schedule that the network was trained with.
  ///   - prediction: What the network predicts.
  /// - Returns: The plan.
  /// - Throws: ``DiffusionError`` for an option outside its range.
  public func plan(
    schedule: NoiseSchedule, prediction: PredictionType
  ) throws(DiffusionError) -> SamplingPlan {
    if let clip {
      try DiffusionError.check("clip", clip, from: 1e-6)
    }
    try DiffusionError.check("guidance", guidance, from: -1, to: 100)
    try DiffusionError.check("the number of candidates", Double(candidates), from: 1, to: 10_000)
    try DiffusionError.check("the bandwidth", bandwidth, from: 1e-6, to: 1e6)
    let times = try times.list(of: schedule.steps)
    switch kind {
    case .ddpm:
      return SamplingPlan(
        DDPMSampler(variance: ddpmVariance, clip: clip), times: times, schedule: schedule,
        prediction: prediction)
    case .ddim:
      try DiffusionError.check("eta", eta, from: 0, to: 1)
      return SamplingPlan(
        DDIMSampler(eta: eta, variance: ddimVariance, clip: clip), times: times,
        schedule: schedule, prediction: prediction)
    }
  }
}
