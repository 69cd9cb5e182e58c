public import Neural

/// Behaviour cloning over bins: each value of the chunk falls into one of `bins` equal parts of
/// [−1, 1], and the backbone predicts a distribution over them for each value on its own.
///
/// Acts the centre of a bin that it draws for each value. As the draws are independent, it mixes
/// the values of different modes.
///
/// Source: Pearce et al., "Imitating human behaviour with diffusion models", ICLR 2023, section 5.
public struct DiscretisedMethod: Method {
  private let configuration: PolicyConfiguration

  /// Takes network and number of bins from a configuration.
  ///
  /// - Throws: ``ImitationError/optionOutOfRange(name:value:range:)`` for fewer than two bins.
  public init(_ configuration: PolicyConfiguration) throws(ImitationError) {
    try ImitationError.check("bins", configuration.bins, 2...65_536)
    self.configuration = configuration
  }

  private var bins: Int { configuration.bins }

  /// Declares the backbone with `bins` outputs for each value of a chunk.
  public func network(_ shape: PolicyShape, _ scope: ParameterScope) -> PolicyNetwork {
    PolicyNetwork(configuration, shape, outputs: shape.chunkWidth * bins, scope)
  }

  /// The mean over values of the cross entropy against the bin of the demonstrated one.
  public func training(
    _ network: PolicyNetwork, table: ParameterTable, data: any TrainingWindows, batch: Int,
    seed: UInt64
  ) throws -> MethodTraining {
    let graph = Graph()
    let classes = graph.input("target", shape: [data.shape.chunkWidth])
    let logits = network(graph, mayDrop: false).reshaped([data.shape.chunkWidth, bins])
    let program = TrainingProgram(
      minimising: logits.crossEntropy(to: classes), table: table, batch: batch)
    let windows = try WindowInputs(program, network: network, data: data, batch: batch, seed: seed)
    let bins = bins
    let source = ChunkSource(program, windows) { _, _, chunk in
      for j in chunk.indices { chunk[j] = Float(Self.bin(of: chunk[j], bins: bins)) }
    }
    return MethodTraining(program, source: source)
  }

  /// Compiles the backbone; a bin is drawn for each value.
  public func decider(
    _ network: PolicyNetwork, table: ParameterTable, weights: FloatBuffer, options: DeciderOptions
  ) -> any Decider {
    let bins = bins
    return ChunkDecider(network, weights: weights, capacity: options.capacity) {
      outputs, key, chunk in
      var stream = key.stream
      for j in chunk.indices {
        let logits = UnsafeBufferPointer(rebasing: outputs[j * bins..<(j + 1) * bins])
        chunk[j] = Self.centre(of: Categorical.draw(logits, &stream), bins: bins)
      }
    }
  }

  /// The bin of a normalised value; what lies outside [−1, 1] belongs to the outermost.
  static func bin(of value: Float, bins: Int) -> Int {
    Int(min(max((value + 1) / 2 * Float(bins), 0), Float(bins - 1)))
  }

  /// The middle of a bin.
  static func centre(of bin: Int, bins: Int) -> Float {
    (2 * Float(bin) + 1) / Float(bins) - 1
  }
}
