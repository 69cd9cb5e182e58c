internal import Neural

/// Turns what is seen into the features that backbones work with: those of the state, and those
/// that an ``ImageEncoder`` finds in each image.
///
/// For classifier-free guidance the network must also know what people do whatever they see: in
/// training an observation is dropped now and then, and a learned null stands in its place.
///
/// Source: Ho & Salimans, "Classifier-free diffusion guidance", 2021.
struct ObservationEncoder {
  private let shape: PolicyShape
  /// Maps "it was dropped" (1) to the learned features of nothing; nil where none is ever dropped.
  private let null: Linear?
  /// An encoder for each image of an observation.
  private let images: [ImageEncoder]
  /// By how many pixels images are moved at most in training.
  let largestShift: Int
  /// Features of one observation: those of the state, then those of each image.
  let width: Int

  /// Declares what is learnt.
  ///
  /// - Parameters:
  ///   - shape: The sizes of windows.
  ///   - configuration: How images are encoded.
  ///   - learnsNull: Whether observations are dropped in training.
  ///   - scope: Where to declare.
  init(
    _ shape: PolicyShape, _ configuration: ImageConfiguration, learnsNull: Bool,
    _ scope: ParameterScope
  ) {
    self.shape = shape
    images = shape.images.map {
      ImageEncoder(configuration, channels: $0.channels, scope["image"][$0.name])
    }
    largestShift = configuration.shift
    width = images.reduce(shape.stepObservationWidth) { $0 + $1.width }
    null =
      learnsNull
      ? Linear(
        scope["null"], inputs: 1, outputs: shape.horizons.observation * width, hasBias: false)
      : nil
  }

  /// Whether observations may be dropped: the inputs `kept` and `dropped` are then there.
  var isDroppable: Bool { null != nil }

  /// Records the encoder with its inputs `observation`, [To, Do], `image.NAME`, [To, height, width,
  /// channels], and, for observations that may be dropped, `kept`, [To, ``width``] of ones or
  /// zeros, and `dropped`, [1], the opposite.
  ///
  /// - Parameters:
  ///   - graph: Where to record.
  ///   - mayDrop: Whether observations are dropped in this use of the network.
  /// - Returns: The features, [To, ``width``], and the inputs.
  func callAsFunction(
    _ graph: Graph, mayDrop: Bool
  ) -> (features: Node, inputs: EncoderInputs) {
    let steps = shape.horizons.observation
    let state = graph.input(
      "observation", shape: [steps, shape.stepObservationWidth], rate: .perObservation)
    let pictures = shape.images.map {
      graph.input(
        "image.\($0.name)", shape: [steps, $0.height, $0.width, $0.channels],
        rate: .perObservation)
    }
    let features = zip(pictures, images).map { picture, encoder in encoder(picture) }
    let seen = features.isEmpty ? state : Node.concatenation([state] + features)
    guard let null, mayDrop else {
      return (seen, EncoderInputs(observation: state, images: pictures, dropping: nil))
    }
    let window = [steps, width]
    let kept = graph.input("kept", shape: window, rate: .perObservation)
    let dropped = graph.input("dropped", shape: [1], rate: .perObservation)
    return (
      seen * kept + null(dropped).reshaped(window),
      EncoderInputs(observation: state, images: pictures, dropping: (kept, dropped))
    )
  }
}
