public import Diffusion

/// What a policy is: its method, its network, what it looks at and how far it plans.
public struct PolicyConfiguration: Codable, Sendable, Hashable {
  /// How actions are represented and learnt.
  public var method: MethodKind
  /// The network.
  public var backbone: BackboneConfiguration
  /// How it encodes images, if it looks at any.
  public var image: ImageConfiguration
  /// The observations that it looks at, in order; nil for all that are lists of numbers.
  public var observations: [String]?
  /// Observation values that are angles, as `NAME.INDEX`, besides those that the file declares.
  public var angles: [String]
  /// How many observations it sees, how many actions it predicts, how many are executed.
  public var horizons: Horizons
  /// The noise schedule of a diffusion policy.
  ///
  /// Cosine unless said otherwise: the published linear schedule with T = 50 ends at ᾱ_T = 0.6,
  /// where the noisy action still shows its mode, so sampling from N(0, I) gets the weights of
  /// modes wrong (0.6 for 0.75 in a test with two).
  public var schedule: NoiseSchedule.Specification
  /// What the network of a diffusion policy predicts.
  public var prediction: PredictionType
  /// How noise steps are weighted in the loss of a diffusion policy.
  public var lossWeighting: LossWeighting
  /// The probability with which a diffusion policy is shown no observation in training, so that it
  /// can be guided; 0 for never.
  public var observationDropout: Double
  /// The number of parts of [−1, 1] that `discretised` tells apart; at least 2.
  public var bins: Int
  /// How an energy-based policy is trained and sampled.
  public var energy: EnergyConfiguration
  /// The number of clusters of `kmeans` and `kmeans-residual`; at least 2, at most the number of
  /// distinct chunks in the demonstrations.
  public var clusters: Int
  /// The weight of the offset's mean squared error in the loss of `kmeans-residual`.
  public var offsetWeight: Double
  /// How a diffusion policy samples unless it is told otherwise.
  public var sampler: SamplerSpecification

  /// Creates a configuration: Diffusion BC with an MLP and single steps.
  public init(
    method: MethodKind = .diffusion, backbone: BackboneConfiguration = BackboneConfiguration(),
    image: ImageConfiguration = ImageConfiguration(),
    observations: [String]? = nil, angles: [String] = [], horizons: Horizons = .single,
    schedule: NoiseSchedule.Specification = NoiseSchedule.Specification(kind: .cosine, steps: 50),
    prediction: PredictionType = .epsilon, lossWeighting: LossWeighting = LossWeighting(),
    observationDropout: Double = 0, bins: Int = 20, clusters: Int = 64,
    energy: EnergyConfiguration = EnergyConfiguration(),
    offsetWeight: Double = 100,
    sampler: SamplerSpecification = SamplerSpecification(clip: 1)
  ) {
    self.method = method
    self.backbone = backbone
    self.image = image
    self.observations = observations
    self.angles = angles
    self.horizons = horizons
    self.schedule = schedule
    self.prediction = prediction
    self.lossWeighting = lossWeighting
    self.observationDropout = observationDropout
    self.bins = bins
    self.clusters = clusters
    self.energy = energy
    self.offsetWeight = offsetWeight
    self.sampler = sampler
  }
}
