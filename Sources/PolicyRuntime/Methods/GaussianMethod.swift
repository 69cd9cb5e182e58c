public import Neural
internal import Randomness

/// Behaviour cloning with a normal distribution: the backbone maps the window to the mean and the
/// diagonal variance of the chunk, by maximum likelihood.
///
/// Where people do one of several things, its one wide mode covers them all and what lies between.
public struct GaussianMethod: Method {
  private let configuration: PolicyConfiguration

  /// Takes the network from a configuration.
  public init(_ configuration: PolicyConfiguration) {
    self.configuration = configuration
  }

  /// Declares the backbone with two outputs for each value of a chunk: all means, then all raw log
  /// variances.
  public func network(_ shape: PolicyShape, _ scope: ParameterScope) -> PolicyNetwork {
    PolicyNetwork(configuration, shape, outputs: 2 * shape.chunkWidth, scope)
  }

  /// The loss −ln N(a; μ(o), σ²(o)) / (Tp · A).
  public func training(
    _ network: PolicyNetwork, table: ParameterTable, data: any TrainingWindows, batch: Int,
    seed: UInt64
  ) throws -> MethodTraining {
    let graph = Graph()
    let target = graph.input("target", shape: [data.shape.chunkWidth])
    let loss = network(graph, mayDrop: false).gaussianNegativeLogLikelihood(of: target)
    let program = TrainingProgram(minimising: loss, table: table, batch: batch)
    let windows = try WindowInputs(program, network: network, data: data, batch: batch, seed: seed)
    return MethodTraining(program, source: ChunkSource(program, windows))
  }

  /// Compiles the backbone; a chunk is a draw from the distribution.
  public func decider(
    _ network: PolicyNetwork, table: ParameterTable, weights: FloatBuffer, options: DeciderOptions
  ) -> any Decider {
    let width = network.shape.chunkWidth
    let deviations = FloatBuffer(count: width)
    return ChunkDecider(network, weights: weights, capacity: options.capacity) {
      outputs, key, chunk in
      DiagonalGaussian.writeDeviations(
        deviations.elements, from: UnsafeBufferPointer(rebasing: outputs[width...]))
      fillNormals(
        chunk, seed: key.seed, purpose: .sampling, step: UInt32(truncatingIfNeeded: key.step),
        index: 0)
      for j in 0..<width { chunk[j] = outputs[j] + deviations.pointer[j] * chunk[j] }
    }
  }
}
