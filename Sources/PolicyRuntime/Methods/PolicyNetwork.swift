public import Neural

/// The network of a policy: the encoder of observations and the backbone behind it.
public struct PolicyNetwork {
  /// The sizes of windows and chunks.
  public let shape: PolicyShape
  let encoder: ObservationEncoder
  private let backbone: any Backbone
  private let body: any BackboneNetwork
  /// Features that stand beside those of every observation; 0 for none.
  private let condition: Int

  /// Declares encoder and backbone.
  ///
  /// - Parameters:
  ///   - design: The sizes of windows and chunks, and the backbone.
  ///   - noisyActions: Actions of the noisy chunk; 0 for a method without.
  ///   - noiseSteps: T, the number of noise steps; 0 for a method without.
  ///   - outputs: The number of outputs.
  ///   - mayDrop: Whether observations are dropped in training, so that a null is learnt.
  ///   - condition: The number of further features that stand beside those of every observation.
  ///   - scope: Where to declare.
  public init(
    _ design: NetworkDesign, noisyActions: Int = 0, noiseSteps: Int = 0, outputs: Int,
    mayDrop: Bool = false, condition: Int = 0, _ scope: ParameterScope
  ) {
    self.condition = condition
    shape = design.shape
    backbone = design.backbone
    encoder = ObservationEncoder(
      shape, design.image, learnsNull: mayDrop, scope["encoder"])
    let features = noiseSteps > 0 ? backbone.timeFeatures(step: 1, of: noiseSteps).count : 0
    body = backbone.network(
      BackboneSizes(
        observations: shape.horizons.observation, observationWidth: encoder.width + condition,
        noisyActions: noisyActions, actionWidth: shape.actionWidth, timeFeatures: features,
        outputs: outputs), scope)
  }

  /// Records the network with the encoder's inputs.
  ///
  /// - Parameters:
  ///   - graph: Where to record.
  ///   - noisyActions: The noisy chunk, [Tp, A].
  ///   - time: The features of the noise step.
  ///   - mayDrop: Whether observations are dropped in this use of the network.
  ///   - condition: The further features, for a network that has them.
  /// - Returns: The outputs, in one row, and the inputs that windows fill.
  public func callAsFunction(
    _ graph: Graph, noisyActions: Node? = nil, time: Node? = nil, mayDrop: Bool = false,
    condition: Node? = nil
  ) -> RecordedNetwork {
    let encoded = encoder(graph, mayDrop: mayDrop)
    return self(
      encoded.features, encoded.inputs, noisyActions: noisyActions, time: time,
      condition: condition)
  }

  /// Records the backbone once more, behind features that stand in the graph already.
  func callAsFunction(
    _ seen: Node, _ inputs: EncoderInputs, noisyActions: Node?, time: Node?, condition: Node?
  ) -> RecordedNetwork {
    let features =
      condition.map { condition in
        let rows = Array(repeating: condition.flattened, count: seen.rows)
        return Node.concatenation([
          seen, Node.concatenation(rows).reshaped([rows.count, self.condition]),
        ])
      } ?? seen
    return RecordedNetwork(
      output: body(
        BackboneInputs(observation: features, noisyActions: noisyActions, time: time)),
      features: seen, inputs: inputs)
  }

  /// Records the encoder alone, for a program that is shown windows without looking at them.
  func inputs(_ graph: Graph) -> EncoderInputs { encoder(graph, mayDrop: false).inputs }

  /// What the backbone is told of noise step t of T.
  public func timeFeatures(step: Int, of total: Int) -> [Float] {
    backbone.timeFeatures(step: step, of: total)
  }
}

/// One use of a ``PolicyNetwork``.
public struct RecordedNetwork {
  /// The outputs, in one row.
  public let output: Node
  /// What the encoder made of the window, [To, features].
  let features: Node
  /// The inputs that show it a window.
  public let inputs: EncoderInputs
}

/// The inputs by which a network is shown a window; ``WindowInputs`` fills them in training.
public struct EncoderInputs {
  /// The features of the state: [To, Do].
  public let observation: Node
  /// The images, in the order of ``PolicyShape/images``: [To, height, width, channels] each.
  public let images: [Node]
  /// Where observations may be dropped: ones or zeros by which all features are multiplied, and,
  /// [1], the opposite.
  let dropping: (kept: Node, dropped: Node)?
}
