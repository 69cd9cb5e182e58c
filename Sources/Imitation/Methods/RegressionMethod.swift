public import Demonstrations
public import Diffusion
public import Neural

/// Behaviour cloning by mean squared error: the backbone maps the window straight to the chunk.
///
/// Where people do one of several things, it does their mean.
public struct RegressionMethod: Method {
  private let backbone: BackboneConfiguration

  /// Takes the backbone from a configuration.
  public init(_ configuration: PolicyConfiguration) {
    backbone = configuration.backbone
  }

  /// Declares the backbone without noise inputs.
  public func network(_ shape: PolicyShape, _ scope: ParameterScope) -> any Backbone {
    backbone.makeBackbone(
      BackboneSizes(
        observation: shape.observationWidth, actionWidth: shape.actionWidth,
        outputs: shape.chunkWidth), scope)
  }

  /// The loss ‖a − f(o)‖² / (Tp · A).
  public func training(
    _ network: any Backbone, table: ParameterTable, data: WindowDataset, batch: Int, seed: UInt64
  ) -> (program: TrainingProgram, source: any BatchSource) {
    let graph = Graph()
    let observation = graph.input("observation", shape: [data.observationWidth])
    let target = graph.input("target", shape: [data.chunkWidth])
    let prediction = network(BackboneInputs(observation: observation))
    let program = TrainingProgram(
      minimising: prediction.squaredError(to: target), table: table, batch: batch)
    return (program, RegressionSource(program, data: data, batch: batch, seed: seed))
  }

  /// Compiles the backbone; nothing is drawn.
  public func decider(
    _ network: any Backbone, weights: FloatBuffer, shape: PolicyShape,
    sampler: SamplerSpecification, capacity: Int
  ) -> any Decider {
    let graph = Graph()
    let observation = graph.input(
      "observation", shape: [shape.observationWidth], rate: .perObservation)
    let program = InferenceProgram(
      computing: network(BackboneInputs(observation: observation)), weights: weights,
      samples: capacity, observations: capacity)
    return RegressionDecider(program)
  }
}

/// Fills observation and target with windows in shuffled order.
private final class RegressionSource: BatchSource {
  private let data: WindowDataset
  private let order: WindowOrder
  private let observation: UnsafeMutablePointer<Float>
  private let target: UnsafeMutablePointer<Float>

  init(_ program: TrainingProgram, data: WindowDataset, batch: Int, seed: UInt64) {
    self.data = data
    order = WindowOrder(count: data.count, batch: batch, seed: seed)
    observation = program.memory("observation")
    target = program.memory("target")
  }

  func fill(_ rows: Range<Int>, step: Int) {
    for row in rows {
      data.gather(
        window: order.window(step: step, row: row),
        observation: observation + row * data.observationWidth,
        action: target + row * data.chunkWidth)
    }
  }
}

/// One pass through the network.
private final class RegressionDecider: Decider {
  private let program: InferenceProgram
  let observations: UnsafeMutableBufferPointer<Float>

  init(_ program: InferenceProgram) {
    self.program = program
    observations = program.rows("observation")
  }

  var capacity: Int { program.capacity.observations }

  func decide(_ keys: [DecisionKey]) -> UnsafeMutableBufferPointer<Float> {
    program.observe(observations: keys.count, samples: keys.count)
    let width = program.output.count / capacity
    return UnsafeMutableBufferPointer(rebasing: program.output[..<(keys.count * width)])
  }
}
