public import Demonstrations
public import Diffusion
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
    _ network: PolicyNetwork, table: ParameterTable, data: WindowDataset, batch: Int, seed: UInt64
  ) -> MethodTraining {
    let graph = Graph()
    let target = graph.input("target", shape: [data.chunkWidth])
    let prediction = network(graph, mayDrop: false)
    let program = TrainingProgram(
      minimising: prediction.squaredError(to: target), table: table, batch: batch)
    let windows = WindowInputs(program, network: network, data: data, batch: batch, seed: seed)
    return MethodTraining(program, source: RegressionSource(program, windows))
  }

  /// Compiles the backbone; nothing is drawn.
  public func decider(
    _ network: PolicyNetwork, table: ParameterTable, weights: FloatBuffer,
    sampler: SamplerSpecification, capacity: Int
  ) -> any Decider {
    let program = InferenceProgram(
      computing: network(Graph(), mayDrop: false), weights: weights, samples: capacity,
      observations: capacity)
    return RegressionDecider(program, network.shape)
  }
}

/// Fills observation and target with windows in shuffled order.
private final class RegressionSource: BatchSource {
  private let windows: WindowInputs
  private let target: UnsafeMutablePointer<Float>

  init(_ program: TrainingProgram, _ windows: WindowInputs) {
    self.windows = windows
    target = program.memory("target")
  }

  func fill(_ rows: Range<Int>, step: Int) {
    for row in rows {
      windows.fill(row: row, step: step, action: target + row * windows.data.chunkWidth)
    }
  }
}

/// One pass through the network.
private final class RegressionDecider: Decider {
  private let program: InferenceProgram
  let observations: UnsafeMutableBufferPointer<Float>
  let images: [UnsafeMutableBufferPointer<Float>]

  init(_ program: InferenceProgram, _ shape: PolicyShape) {
    self.program = program
    observations = program.rows("observation")
    images = program.imageRows(shape)
  }

  var capacity: Int { program.capacity.observations }

  func decide(_ keys: [DecisionKey]) -> UnsafeMutableBufferPointer<Float> {
    program.observe(observations: keys.count, samples: keys.count)
    let width = program.output.count / capacity
    return UnsafeMutableBufferPointer(rebasing: program.output[..<(keys.count * width)])
  }
}
