import Imitation
import Neural

/// A method of a user's own: regression whose answer is drawn towards the middle of the range.
struct TrimmedRegression: Method {
  static let name = "trimmed"
  static let summary = "the mean, drawn towards the middle"

  /// What the answer is multiplied by, in 0…1.
  var factor: Float = 0.5

  func network(_ design: NetworkDesign, _ scope: ParameterScope) -> PolicyNetwork {
    PolicyNetwork(design, outputs: design.shape.chunkWidth, scope)
  }

  func training(_ network: PolicyNetwork, _ task: TrainingTask) throws -> MethodTraining {
    let graph = Graph()
    let target = graph.input("target", shape: [network.shape.chunkWidth])
    let recorded = network(graph)
    let program = TrainingProgram(
      minimising: recorded.output.squaredError(to: target), table: task.table, batch: task.batch)
    let windows = try WindowInputs(program, network, recorded.inputs, task)
    return MethodTraining(program, source: ChunkSource(program, windows, target: target))
  }

  func decider(
    _ network: PolicyNetwork, weights: Weights, options: DeciderOptions
  ) throws -> any Decider {
    let factor = factor
    return try ChunkDecider(network, weights: weights, capacity: options.capacity) {
      outputs, _, chunk in
      for index in chunk.indices { chunk[index] = factor * outputs[index] }
    }
  }
}
