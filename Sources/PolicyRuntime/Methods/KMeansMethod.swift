public import Neural

/// Behaviour cloning over clusters: k-means finds typical chunks among the demonstrations', and the
/// backbone predicts a distribution over them.
///
/// Acts the centre of a cluster that it draws; `kmeans-residual` adds an offset, which the backbone
/// predicts for each cluster and learns for the one that the demonstrated chunk belongs to.
///
/// Source: Pearce et al., "Imitating human behaviour with diffusion models", ICLR 2023, section 5;
/// the offsets are Shafiullah et al., "Behavior Transformers", NeurIPS 2022, section 3.3.
public struct KMeansMethod: Method {
  private let configuration: PolicyConfiguration
  private let predictsOffsets: Bool

  /// The name of the constant that holds the centres: clusters × (Tp · A).
  static let centres = "centres"

  /// Takes network and number of clusters from a configuration.
  ///
  /// - Parameters:
  ///   - configuration: The policy's.
  ///   - predictsOffsets: Whether the drawn centre is corrected: `kmeans-residual`.
  /// - Throws: ``ImitationError/optionOutOfRange(name:value:range:)`` for fewer than two clusters or
  ///   an offset weight that is not positive.
  public init(
    _ configuration: PolicyConfiguration, predictsOffsets: Bool
  ) throws(ImitationError) {
    try ImitationError.check("clusters", configuration.clusters, 2...65_536)
    guard configuration.offsetWeight > 0, configuration.offsetWeight.isFinite else {
      throw .optionOutOfRange(
        name: "offset weight", value: "\(configuration.offsetWeight)", range: "more than 0")
    }
    self.configuration = configuration
    self.predictsOffsets = predictsOffsets
  }

  private var clusters: Int { configuration.clusters }

  /// Declares the backbone with a logit for each cluster, then perhaps an offset for each, and the
  /// constant ``centres``.
  public func network(_ shape: PolicyShape, _ scope: ParameterScope) -> PolicyNetwork {
    let offsets = predictsOffsets ? clusters * shape.chunkWidth : 0
    let network = PolicyNetwork(configuration, shape, outputs: clusters + offsets, scope)
    _ = scope.declareConstant(Self.centres, shape: [clusters, shape.chunkWidth])
    return network
  }

  /// The cross entropy against the demonstrated chunk's cluster, plus `offsetWeight` times the mean
  /// squared error of that cluster's offset.
  public func training(
    _ network: PolicyNetwork, table: ParameterTable, data: any TrainingWindows, batch: Int,
    seed: UInt64
  ) throws -> MethodTraining {
    let width = data.shape.chunkWidth
    let chunks = try data.chunks()
    let kMeans = try KMeans(chunks, width: width, clusters: clusters, seed: seed)
    let clusterOfWindow = kMeans.nearest(toEach: chunks)
    let graph = Graph()
    let cluster = graph.input("cluster", shape: [1])
    let outputs = network(graph, mayDrop: false)
    var loss = outputs.columns(0..<clusters).crossEntropy(to: cluster)
    if predictsOffsets {
      let offsets = outputs.columns(clusters..<outputs.width).reshaped([clusters, width])
      let error = offsets.selectedSquaredError(
        to: graph.input("target", shape: [width]), row: cluster)
      loss = loss.sum(with: error, scaleB: Float(configuration.offsetWeight))
    }
    let program = TrainingProgram(minimising: loss, table: table, batch: batch)
    let windows = try WindowInputs(program, network: network, data: data, batch: batch, seed: seed)
    let labels = program.memory("cluster")
    let source = ChunkSource(
      program, windows, target: predictsOffsets ? "target" : nil
    ) { row, window, chunk in
      let nearest = clusterOfWindow[window]
      labels[row] = Float(nearest)
      for j in 0..<width { chunk[j] -= kMeans.centres[nearest * width + j] }
    }
    return MethodTraining(program, source: source, constants: [Self.centres: kMeans.centres])
  }

  /// Compiles the backbone; a cluster is drawn.
  public func decider(
    _ network: PolicyNetwork, table: ParameterTable, weights: FloatBuffer, options: DeciderOptions
  ) -> any Decider {
    let (clusters, width) = (clusters, network.shape.chunkWidth)
    let offsets = predictsOffsets ? clusters : nil
    let first = table[Self.centres]?.offset ?? 0
    return ChunkDecider(network, weights: weights, capacity: options.capacity) {
      outputs, key, chunk in
      var stream = key.stream
      let logits = UnsafeBufferPointer(rebasing: outputs[..<clusters])
      let drawn = Categorical.draw(logits, &stream)
      let centre = weights.pointer + first + drawn * width
      for j in 0..<width {
        chunk[j] = centre[j] + (offsets.map { outputs[$0 + drawn * width + j] } ?? 0)
      }
    }
  }
}
