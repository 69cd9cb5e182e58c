public import Neural

/// Behaviour cloning by mean squared error: the backbone maps the window straight to the chunk.
///
/// Where people do one of several things, it does their mean.
public struct RegressionMethod: Method {
  /// The name by which it is chosen.
  public static let name = "mse"
  /// What it learns.
  public static let summary = "the mean"

  /// Creates the method; it has no settings.
  public init() {}

  /// It has an error for each action.
  public var canMaskPadding: Bool { true }

  /// Declares the backbone without noise inputs.
  public func network(_ design: NetworkDesign, _ scope: ParameterScope) -> PolicyNetwork {
    PolicyNetwork(design, outputs: design.shape.chunkWidth, scope)
  }

  /// The loss ‖a − f(o)‖² / (Tp · A).
  public func training(_ network: PolicyNetwork, _ task: TrainingTask) throws -> MethodTraining {
    let graph = Graph()
    let target = graph.input("target", shape: [network.shape.chunkWidth])
    let mask = PaddingMask(task, graph)
    let recorded = network(graph)
    let program = TrainingProgram(
      minimising: mask(recorded.output).squaredError(to: target), table: task.table,
      batch: task.batch)
    let windows = try WindowInputs(program, network, recorded.inputs, task)
    return MethodTraining(
      program,
      source: ChunkSource(
        program, windows, target: target, mask: mask.filler(program, windows)))
  }

  /// The backbone, which answers at once.
  public func description(
    of network: PolicyNetwork, weights: Weights, table: ParameterTable
  ) throws -> NetworkDescription? { NetworkDescription(network(Graph()), table: table) }

  /// Compiles the backbone; nothing is drawn.
  public func decider(
    _ network: PolicyNetwork, weights: Weights, options: DeciderOptions
  ) throws -> any Decider {
    try ChunkDecider(network, weights: weights, capacity: options.capacity) { outputs, _, chunk in
      _ = chunk.update(fromContentsOf: outputs)
    }
  }
}
