public import Neural

/// The network of a policy: the encoder of observations and the backbone behind it.
public struct PolicyNetwork {
  /// The sizes of windows and chunks.
  public let shape: PolicyShape
  let encoder: ObservationEncoder
  private let backbone: any Backbone

  /// Declares encoder and backbone.
  ///
  /// - Parameters:
  ///   - configuration: The policy's.
  ///   - shape: The sizes of windows and chunks.
  ///   - noisyActions: Actions of the noisy chunk; 0 for a method without.
  ///   - timeFeatures: Features of the noise step; 0 for a method without.
  ///   - outputs: The number of outputs.
  ///   - scope: Where to declare.
  public init(
    _ configuration: PolicyConfiguration, _ shape: PolicyShape, noisyActions: Int = 0,
    timeFeatures: Int = 0, outputs: Int, _ scope: ParameterScope
  ) {
    self.shape = shape
    encoder = ObservationEncoder(
      shape, configuration.image, learnsNull: configuration.observationDropout > 0,
      scope["encoder"])
    backbone = configuration.backbone.makeBackbone(
      BackboneSizes(
        observations: shape.horizons.observation, observationWidth: encoder.width,
        noisyActions: noisyActions, actionWidth: shape.actionWidth, timeFeatures: timeFeatures,
        outputs: outputs), scope)
  }

  /// Records the network with the encoder's inputs.
  ///
  /// - Parameters:
  ///   - graph: Where to record.
  ///   - noisyActions: The noisy chunk, [Tp, A].
  ///   - time: The features of the noise step.
  ///   - mayDrop: Whether observations are dropped in this use of the network.
  /// - Returns: The outputs, in one row.
  public func callAsFunction(
    _ graph: Graph, noisyActions: Node? = nil, time: Node? = nil, mayDrop: Bool
  ) -> Node {
    backbone(
      BackboneInputs(
        observation: encoder(graph, mayDrop: mayDrop), noisyActions: noisyActions, time: time))
  }
}
