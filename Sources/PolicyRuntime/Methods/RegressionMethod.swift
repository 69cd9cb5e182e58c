public import Neural

/// Behaviour cloning by mean squared error: the backbone maps the window straight to the chunk.
///
/// Where people do one of several things, it does their mean.
public struct RegressionMethod: Method {
  private let configuration: PolicyConfiguration

  /// Takes the network from a configuration.
  public init(_ configuration: PolicyConfiguration) {
    self.configuration = configuration
  }

  /// Declares the backbone without noise inputs.
  public func network(_ shape: PolicyShape, _ scope: ParameterScope) -> PolicyNetwork {
    PolicyNetwork(configuration, shape, outputs: shape.chunkWidth, scope)
  }

  /// The loss ‖a − f(o)‖² / (Tp · A).
  public func training(
    _ network: PolicyNetwork, table: ParameterTable, data: any TrainingWindows, batch: Int,
    seed: UInt64
  ) throws -> MethodTraining {
    let graph = Graph()
    let target = graph.input("target", shape: [data.shape.chunkWidth])
    let prediction = network(graph, mayDrop: false)
    let program = TrainingProgram(
      minimising: prediction.squaredError(to: target), table: table, batch: batch)
    let windows = try WindowInputs(program, network: network, data: data, batch: batch, seed: seed)
    return MethodTraining(program, source: ChunkSource(program, windows))
  }

  /// Compiles the backbone; nothing is drawn.
  public func decider(
    _ network: PolicyNetwork, table: ParameterTable, weights: FloatBuffer, options: DeciderOptions
  ) -> any Decider {
    return ChunkDecider(network, weights: weights, capacity: options.capacity) {
      outputs, _, chunk in
      _ = chunk.update(fromContentsOf: outputs)
    }
  }
}
