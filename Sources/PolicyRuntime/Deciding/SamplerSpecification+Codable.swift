public import Diffusion

extension SamplerSpecification {
  /// Names that settings had before, and what they are called now.
  public static let formerNames = ["times": "noiseSteps"]

  private enum FormerKeys: String, CodingKey {
    case times
  }

  /// Reads a specification, also one written before there were other samplers than ddpm and ddim.
  ///
  /// - Parameter decoder: Where it stands.
  /// - Throws: A decoding error for a missing or malformed value.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    let former = try decoder.container(keyedBy: FormerKeys.self)
    self.init(
      kind: try values.decode(Kind.self, forKey: .kind),
      noiseSteps: try former.decodeIfPresent(NoiseStepSelection.self, forKey: .times)
        ?? values.decode(NoiseStepSelection.self, forKey: .noiseSteps),
      ddpmVariance: try values.decode(DDPMSampler.Variance.self, forKey: .ddpmVariance),
      ddimVariance: try values.decode(DDIMSampler.Variance.self, forKey: .ddimVariance),
      eta: try values.decode(Double.self, forKey: .eta),
      langevin: try values.decodeIfPresent(LangevinSampler.Options.self, forKey: .langevin)
        ?? LangevinSampler.Options(),
      start: try values.decodeIfPresent(Start.self, forKey: .start) ?? .noise,
      clip: try values.decodeIfPresent(Double.self, forKey: .clip),
      guidance: try values.decode(Double.self, forKey: .guidance),
      candidates: try values.decode(Int.self, forKey: .candidates),
      bandwidth: try values.decode(Double.self, forKey: .bandwidth))
  }

  /// The former name of ``noiseSteps``.
  @available(*, deprecated, renamed: "noiseSteps")
  public var times: NoiseStepSelection {
    get { noiseSteps }
    set { noiseSteps = newValue }
  }

  /// Creates a specification with the former name of its noise steps.
  @available(*, deprecated, message: "times is noiseSteps")
  public init(
    kind: Kind = .ddpm, times: NoiseStepSelection,
    ddpmVariance: DDPMSampler.Variance = .small, ddimVariance: DDIMSampler.Variance = .scaled,
    eta: Double = 0, clip: Double? = nil, guidance: Double = 0, candidates: Int = 1,
    bandwidth: Double = 0.2
  ) {
    self.init(
      kind: kind, noiseSteps: times, ddpmVariance: ddpmVariance, ddimVariance: ddimVariance,
      eta: eta, clip: clip, guidance: guidance, candidates: candidates, bandwidth: bandwidth)
  }

  /// The plan for the variance-preserving process of a schedule.
  @available(*, deprecated, message: "Use plan(for:prediction:) with NoiseProcess(schedule)")
  public func plan(
    schedule: NoiseSchedule, prediction: PredictionType
  ) throws(DiffusionError) -> SamplingPlan {
    try plan(for: NoiseProcess(schedule), prediction: prediction)
  }
}
