public import Diffusion
public import Naming

/// A sampler with its options and the noise steps it visits; what configurations store.
public struct SamplerSpecification: Codable, Sendable, Hashable {
  /// The samplers.
  public enum Kind: String, NamedChoice {
    /// Ancestral sampling: ``/Diffusion/DDPMSampler``.
    case ddpm
    /// Along the predicted noise: ``/Diffusion/DDIMSampler``.
    case ddim
    /// The last two answers together: ``/Diffusion/DPMSolverSampler``.
    case dpmSolver = "dpm++"
    /// Two questions a step: ``/Diffusion/HeunSampler``.
    case heun
    /// Euler's method on the velocity field: ``/Diffusion/DDIMSampler`` with η = 0.
    case euler
    /// Up the score, with noise: ``/Diffusion/LangevinSampler``.
    case langevin

    /// What is chosen, for messages.
    public static var kindOfChoice: String { "sampler" }

    /// Whether it can sample from a process: `langevin` needs a = 1.
    public func fits(_ process: NoiseProcess.Kind) -> Bool {
      self != .langevin || process == .ve || process == .karras
    }
  }

  /// Where sampling starts.
  public enum Start: String, NamedChoice {
    /// From noise, so that different draws end in different samples.
    case noise
    /// From x_T = 0: one answer, no modes, for precise tasks (Pan et al. 2025).
    case zero

    /// What is chosen, for messages.
    public static var kindOfChoice: String { "start" }
  }

  enum CodingKeys: String, CodingKey {
    case kind, noiseSteps, ddpmVariance, ddimVariance, eta, langevin, start, clip, guidance
    case candidates, bandwidth
  }

  /// The sampler.
  public var kind: Kind
  /// Which noise steps are visited.
  public var noiseSteps: NoiseStepSelection
  /// The variance of DDPM's noise.
  public var ddpmVariance: DDPMSampler.Variance
  /// The variance of DDIM's noise.
  public var ddimVariance: DDIMSampler.Variance
  /// DDIM's η in [0, 1].
  public var eta: Double
  /// How Langevin dynamics are run.
  public var langevin: LangevinSampler.Options
  /// Where sampling starts.
  public var start: Start
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
    kind: Kind = .ddpm, noiseSteps: NoiseStepSelection = NoiseStepSelection(),
    ddpmVariance: DDPMSampler.Variance = .small, ddimVariance: DDIMSampler.Variance = .scaled,
    eta: Double = 0, langevin: LangevinSampler.Options = LangevinSampler.Options(),
    start: Start = .noise, clip: Double? = nil, guidance: Double = 0, candidates: Int = 1,
    bandwidth: Double = 0.2
  ) {
    self.kind = kind
    self.noiseSteps = noiseSteps
    self.ddpmVariance = ddpmVariance
    self.ddimVariance = ddimVariance
    self.eta = eta
    self.langevin = langevin
    self.start = start
    self.clip = clip
    self.guidance = guidance
    self.candidates = candidates
    self.bandwidth = bandwidth
  }

  /// The sampler alone.
  private var sampler: any Sampler {
    switch kind {
    case .ddpm: DDPMSampler(variance: ddpmVariance, clip: clip)
    case .ddim: DDIMSampler(eta: eta, variance: ddimVariance, clip: clip)
    case .dpmSolver: DPMSolverSampler(clip: clip)
    case .heun: HeunSampler(clip: clip)
    case .euler: DDIMSampler(clip: clip)
    case .langevin: LangevinSampler(langevin, clip: clip)
    }
  }

  /// The plan of the whole reverse process.
  ///
  /// - Parameters:
  ///   - process: The forward process that the network was trained with.
  ///   - prediction: What the network predicts.
  /// - Returns: The plan.
  /// - Throws: ``/Diffusion/DiffusionError`` for an option outside its range or one that does not
  ///   go with another.
  public func plan(
    for process: NoiseProcess, prediction: PredictionType
  ) throws(DiffusionError) -> SamplingPlan {
    try checkRanges()
    try process.check(prediction)
    guard kind.fits(process.kind) else {
      throw .mismatch(
        kind: Kind.kindOfChoice, name: kind.rawValue, other: "process '\(process.kind.rawValue)'",
        fitting: Kind.allCases.filter { $0.fits(process.kind) }.map(\.rawValue))
    }
    let plan = SamplingPlan(
      sampler, visiting: try noiseSteps.list(of: process.steps), in: process,
      prediction: prediction, startsFromZero: start == .zero)
    if start == .zero, plan.isStochastic || candidates > 1 {
      throw .contradiction(
        "sampling that starts from zero has one answer: it needs a sampler without noise (dpm++, "
          + "heun, euler, or ddim with eta 0) and a single candidate")
    }
    return plan
  }

  private func checkRanges() throws(DiffusionError) {
    if let clip {
      try DiffusionError.check("clip", clip, from: 1e-6)
    }
    try DiffusionError.check("guidance", guidance, from: -1, to: 100)
    try DiffusionError.check("the number of candidates", Double(candidates), from: 1, to: 10_000)
    try DiffusionError.check("the bandwidth", bandwidth, from: 1e-6, to: 1e6)
    if kind == .ddim { try DiffusionError.check("eta", eta, from: 0, to: 1) }
    if kind == .langevin {
      try DiffusionError.check("langevin.repeats", Double(langevin.repeats), from: 1, to: 10_000)
      try DiffusionError.check("langevin.step", langevin.step, from: 1e-6, to: 3.99)
    }
  }

  /// What is wrong with a way to sample that still acts but should not be chosen anew; nil if
  /// nothing.
  public var warning: String? {
    guard kind == .ddim, ddimVariance == .simple, eta < 1 else { return nil }
    return "ddim's simple variance belongs to eta 1; with eta \(eta) it adds more noise than it "
      + "takes away, and samples come out up to three times as wide: choose the scaled variance"
  }

  /// Refuses what ``warning`` warns of: for samplers that are asked for now, not read from a file.
  ///
  /// - Throws: ``/Diffusion/DiffusionError/contradiction(_:)``.
  public func checkChosenAnew() throws(DiffusionError) {
    if let warning { throw .contradiction(warning) }
  }
}
