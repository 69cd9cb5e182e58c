internal import Foundation
public import Neural
internal import Randomness

/// Behaviour cloning with a normal distribution: the backbone maps the window to the mean and the
/// diagonal variance of the chunk, by maximum likelihood.
///
/// Where people do one of several things, its one wide mode covers them all and what lies between.
public struct GaussianMethod: Method {
  /// The name by which it is chosen.
  public static let name = "gaussian"
  /// What it learns.
  public static let summary = "mean and variance"

  /// Creates the method; it has no settings.
  public init() {}

  /// Declares the backbone with two outputs for each value of a chunk: all means, then all raw log
  /// variances.
  public func network(_ design: NetworkDesign, _ scope: ParameterScope) -> PolicyNetwork {
    PolicyNetwork(design, outputs: 2 * design.shape.chunkWidth, scope)
  }

  /// The loss −ln N(a; μ(o), σ²(o)) / (Tp · A).
  public func training(_ network: PolicyNetwork, _ task: TrainingTask) throws -> MethodTraining {
    let graph = Graph()
    let target = graph.input("target", shape: [network.shape.chunkWidth])
    let recorded = network(graph)
    let loss = recorded.output.gaussianNegativeLogLikelihood(of: target)
    let program = TrainingProgram(minimising: loss, table: task.table, batch: task.batch)
    let windows = try WindowInputs(program, network, recorded.inputs, task)
    return MethodTraining(program, source: ChunkSource(program, windows, target: target))
  }

  /// Compiles the backbone; a chunk is a draw from the distribution.
  public func decider(
    _ network: PolicyNetwork, weights: Weights, options: DeciderOptions
  ) throws -> any Decider {
    let width = network.shape.chunkWidth
    let deviations = FloatBuffer(count: width)
    return try ChunkDecider(network, weights: weights, capacity: options.capacity) {
      outputs, key, chunk in
      DiagonalGaussian.writeDeviations(
        deviations.elements, from: UnsafeBufferPointer(rebasing: outputs[width...]))
      fillNormals(
        chunk, seed: key.seed, purpose: .sampling, step: UInt32(truncatingIfNeeded: key.step),
        index: 0)
      for j in 0..<width { chunk[j] = outputs[j] + deviations.pointer[j] * chunk[j] }
    }
  }

  /// The normal density of each value.
  public func likelihood(
    _ network: PolicyNetwork, weights: Weights, options: DeciderOptions
  ) -> (any ChunkLikelihood)? {
    let width = network.shape.chunkWidth
    let deviation = FloatBuffer(count: 1)
    return ValueLikelihood(network, weights: weights, capacity: options.capacity) {
      outputs, j, value in
      DiagonalGaussian.writeDeviations(
        deviation.elements, from: UnsafeBufferPointer(rebasing: outputs[width + j..<width + j + 1]))
      let scale = Double(deviation[0])
      let distance = (Double(value) - Double(outputs[j])) / scale
      return -(distance * distance + log(2 * .pi)) / 2 - log(scale)
    }
  }
}
