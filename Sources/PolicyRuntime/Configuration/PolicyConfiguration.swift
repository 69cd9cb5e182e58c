/// What a policy is: its method, its network, what it looks at and how far it plans.
///
/// In JSON, method and backbone stand under their names:
/// `{"method": {"diffusion": {…}}, "backbone": {"sieve": {…}}, …}`.
public struct PolicyConfiguration: Sendable {
  /// How actions are represented and learnt, with its settings.
  public var method: any Method
  /// The network, with its sizes.
  public var backbone: any Backbone
  /// How it encodes images, if it looks at any.
  public var image: ImageConfiguration
  /// The observations that it looks at, in order; nil for all that are lists of numbers.
  public var observations: [String]?
  /// Observation values that are angles, as `NAME.INDEX`, besides those that the file declares.
  public var angles: [String]
  /// How many observations it sees, how many actions it predicts, how many are executed.
  public var horizons: Horizons

  /// Creates a configuration: Diffusion BC with an MLP and single steps.
  public init(
    method: any Method = DenoisingDiffusion(), backbone: any Backbone = MLP(),
    image: ImageConfiguration = ImageConfiguration(), observations: [String]? = nil,
    angles: [String] = [], horizons: Horizons = .single
  ) {
    self.method = method
    self.backbone = backbone
    self.image = image
    self.observations = observations
    self.angles = angles
    self.horizons = horizons
  }

  /// Checks ranges that no type checks.
  ///
  /// - Throws: An error that names the option.
  public func validate() throws {
    try method.validate()
    try backbone.validate()
    try image.validate()
  }
}
