/// The sizes of what a policy sees and does.
public struct PolicyShape: Codable, Sendable, Hashable {
  /// Features of one observation: Do.
  public var stepObservationWidth: Int
  /// Values of one action: A.
  public var actionWidth: Int
  /// How many of each.
  public var horizons: Horizons
  /// The images of one observation, besides the features.
  public var images: [ImageFormat]

  /// Creates sizes.
  public init(
    stepObservationWidth: Int, actionWidth: Int, horizons: Horizons, images: [ImageFormat] = []
  ) {
    self.images = images
    self.stepObservationWidth = stepObservationWidth
    self.actionWidth = actionWidth
    self.horizons = horizons
  }

  /// Features of a window: To · Do.
  public var observationWidth: Int { horizons.observation * stepObservationWidth }

  /// Values of a chunk: Tp · A.
  public var chunkWidth: Int { horizons.prediction * actionWidth }
}
