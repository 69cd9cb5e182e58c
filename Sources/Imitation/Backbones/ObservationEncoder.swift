internal import Demonstrations
internal import Neural

/// Turns what is seen into the features that backbones work with.
///
/// For classifier-free guidance the network must also know what people do whatever they see: in
/// training an observation is dropped now and then, and a learned null stands in its place.
///
/// Source: Ho & Salimans, "Classifier-free diffusion guidance", 2021.
struct ObservationEncoder {
  private let shape: PolicyShape
  /// Maps "it was dropped" (1) to the learned features of nothing; nil where none is ever dropped.
  private let null: Linear?

  /// Declares what is learnt.
  ///
  /// - Parameters:
  ///   - shape: The sizes of windows.
  ///   - learnsNull: Whether observations are dropped in training.
  ///   - scope: Where to declare.
  init(_ shape: PolicyShape, learnsNull: Bool, _ scope: ParameterScope) {
    self.shape = shape
    null =
      learnsNull
      ? Linear(scope["null"], inputs: 1, outputs: shape.observationWidth, hasBias: false) : nil
  }

  /// Features of one observation.
  var width: Int { shape.stepObservationWidth }

  /// Whether observations may be dropped: the inputs `kept` and `dropped` are then there.
  var isDroppable: Bool { null != nil }

  /// Records the encoder with its inputs `observation`, [To, Do], and, for observations that may be
  /// dropped, `kept`, [To, Do] of ones or zeros, and `dropped`, [1], the opposite.
  ///
  /// - Parameters:
  ///   - graph: Where to record.
  ///   - mayDrop: Whether observations are dropped in this use of the network.
  /// - Returns: The features, [To, ``width``].
  func callAsFunction(_ graph: Graph, mayDrop: Bool) -> Node {
    let window = [shape.horizons.observation, shape.stepObservationWidth]
    let seen = graph.input("observation", shape: window, rate: .perObservation)
    guard let null, mayDrop else { return seen }
    let kept = graph.input("kept", shape: window, rate: .perObservation)
    let dropped = graph.input("dropped", shape: [1], rate: .perObservation)
    return seen * kept + null(dropped).reshaped(window)
  }
}
