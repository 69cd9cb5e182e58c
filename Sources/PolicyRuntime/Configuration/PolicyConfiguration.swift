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
  /// Values of observations and actions that are angles, as `NAME.INDEX` in radians or
  /// `NAME.INDEX:degrees`, besides those that the file declares.
  public var angles: [String]
  /// Values that are unit quaternions, as `NAME.FIRST-LAST`; nil for none.
  public var quaternions: [String]?
  /// Values of actions that are one of a few, as `actions.INDEX`; nil for none.
  public var discrete: [String]?
  /// Values of actions that are relative to an observation, as `actions.INDEX=NAME.INDEX` or, all
  /// in order, `actions=NAME`; nil for none (``RelativeValue``).
  public var relative: [String]?
  /// How values are scaled: `quantile` for all, `NAME=quantile` for one; nil for by range.
  public var normalisation: [String]?
  /// Whether the last action, repeated past the end of an episode, is learnt; nil for so.
  public var padding: Padding?
  /// How many observations it sees, how many actions it predicts, how many are executed.
  public var horizons: Horizons

  /// Creates a configuration: Diffusion BC with an MLP and single steps.
  public init(
    method: any Method = DenoisingDiffusion(), backbone: any Backbone = MLP(),
    image: ImageConfiguration = ImageConfiguration(), observations: [String]? = nil,
    angles: [String] = [], quaternions: [String]? = nil, discrete: [String]? = nil,
    relative: [String]? = nil, normalisation: [String]? = nil, padding: Padding? = nil,
    horizons: Horizons = .single
  ) {
    self.relative = relative
    self.method = method
    self.backbone = backbone
    self.image = image
    self.observations = observations
    self.angles = angles
    self.quaternions = quaternions
    self.discrete = discrete
    self.normalisation = normalisation
    self.padding = padding
    self.horizons = horizons
  }

  /// Checks ranges that no type checks.
  ///
  /// - Throws: An error that names the option.
  public func validate() throws {
    try method.validate()
    try backbone.validate()
    try image.validate()
    try method.check(backbone)
    if padding == .mask, !method.canMaskPadding {
      throw ImitationError.optionOutOfRange(
        name: "padding of method '\(method.name)'", value: Padding.mask.rawValue,
        range: "\(Padding.repeat.rawValue): it learns chunks as a whole")
    }
  }
}
