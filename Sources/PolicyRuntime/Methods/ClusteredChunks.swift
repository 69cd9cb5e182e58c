public import Neural

/// A method over clusters of chunks: a distribution over clusters, perhaps with an offset for each.
public protocol ClusteringMethod: Method where Network == ClusterNetwork {
  /// How chunks become clusters.
  var clustering: ClusteredChunks { get }
}

extension ClusteringMethod {
  /// Checks the number of clusters and the weight of offsets.
  public func validate() throws { try clustering.validate() }

  /// Declares the backbone with a logit and perhaps an offset for each cluster, and the centres.
  public func network(_ design: NetworkDesign, _ scope: ParameterScope) -> ClusterNetwork {
    clustering.network(design, scope)
  }

  /// −ln softmax(f(o))[k] for the demonstrated chunk's cluster k, plus the weighted mean squared
  /// error of that cluster's offset.
  public func training(_ network: ClusterNetwork, _ task: TrainingTask) throws -> MethodTraining {
    try clustering.training(network, task)
  }

  /// Compiles the backbone; a cluster is drawn.
  public func decider(
    _ network: ClusterNetwork, weights: Weights, options: DeciderOptions
  ) throws -> any Decider {
    try clustering.decider(network, weights: weights, options: options)
  }
}

/// A network with the centres of clusters beside it.
public struct ClusterNetwork {
  let network: PolicyNetwork
  /// The clusters' centres: clusters × (Tp · A).
  let centres: Parameter
}

/// How chunks become clusters, and what is predicted of them.
public struct ClusteredChunks: Sendable {
  let clusters: Int
  /// The weight of the offset's error in the loss; nil for no offsets.
  let offsetWeight: Double?

  fileprivate func validate() throws {
    try ImitationError.check("clusters", clusters, 2...65_536)
    if let offsetWeight, !(offsetWeight > 0 && offsetWeight.isFinite) {
      throw ImitationError.optionOutOfRange(
        name: "offset weight", value: "\(offsetWeight)", range: "more than 0")
    }
  }

  fileprivate func network(_ design: NetworkDesign, _ scope: ParameterScope) -> ClusterNetwork {
    let width = design.shape.chunkWidth
    let offsets = offsetWeight == nil ? 0 : clusters * width
    let network = PolicyNetwork(design, outputs: clusters + offsets, scope)
    return ClusterNetwork(
      network: network, centres: scope.declareConstant("centres", shape: [clusters, width]))
  }

  fileprivate func training(
    _ clustered: ClusterNetwork, _ task: TrainingTask
  ) throws -> MethodTraining {
    let width = clustered.network.shape.chunkWidth
    let chunks = try task.data.chunks()
    let embedding = ChunkEmbedding(clustered.network.shape)
    let points = embedding.points(chunks)
    let centres =
      if let known = task.constants {
        Array(known[clustered.centres])
      } else {
        embedding.chunks(
          try KMeans(points, width: embedding.width, clusters: clusters, seed: task.seed).centres)
      }
    let clusterOfWindow = KMeans(centres: embedding.points(centres), width: embedding.width)
      .nearest(toEach: points)
    let graph = Graph()
    let cluster = graph.input("cluster", shape: [1])
    let recorded = clustered.network(graph)
    var loss = recorded.output.columns(0..<clusters).crossEntropy(to: cluster)
    var target: Node?
    if let offsetWeight {
      let offsets = recorded.output.columns(clusters..<recorded.output.width)
        .reshaped([clusters, width])
      let offset = graph.input("target", shape: [width])
      let error = offsets.selectedSquaredError(to: offset, row: cluster)
      loss = loss.sum(with: error, scaleB: Float(offsetWeight))
      target = offset
    }
    let program = TrainingProgram(minimising: loss, table: task.table, batch: task.batch)
    let windows = try WindowInputs(program, clustered.network, recorded.inputs, task)
    let labels = program.memory(of: cluster)
    let isCategory = embedding.isCategory
    let source = ChunkSource(program, windows, target: target) { row, window, chunk in
      let nearest = clusterOfWindow[window]
      labels[row] = Float(nearest)
      // The cluster alone says which of a few a value is.
      for j in 0..<width { chunk[j] = isCategory[j] ? 0 : chunk[j] - centres[nearest * width + j] }
    }
    return MethodTraining(
      program, source: source, constants: [clustered.centres.name: centres])
  }

  fileprivate func decider(
    _ clustered: ClusterNetwork, weights: Weights, options: DeciderOptions
  ) throws -> any Decider {
    let (clusters, width) = (clusters, clustered.network.shape.chunkWidth)
    let offsets = offsetWeight == nil ? nil : clusters
    let centres = weights[clustered.centres]
    let isCategory = ChunkEmbedding(clustered.network.shape).isCategory
    return try ChunkDecider(clustered.network, weights: weights, capacity: options.capacity) {
      outputs, key, chunk in
      var stream = key.stream
      let logits = UnsafeBufferPointer(rebasing: outputs[..<clusters])
      let drawn = Categorical.draw(logits, &stream)
      for j in 0..<width {
        let offset = isCategory[j] ? 0 : offsets.map { outputs[$0 + drawn * width + j] } ?? 0
        chunk[j] = centres[drawn * width + j] + offset
      }
    }
  }
}
