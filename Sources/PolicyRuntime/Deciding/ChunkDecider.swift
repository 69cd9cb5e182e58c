public import Neural

/// One pass through the network, whose outputs for each window are then turned into its chunk.
public final class ChunkDecider: Decider {
  /// Turns the outputs of one window into its chunk, Tp × A; must not allocate.
  public typealias Drawing = (
    _ outputs: UnsafeBufferPointer<Float>, _ key: DecisionKey,
    _ chunk: UnsafeMutableBufferPointer<Float>
  ) -> Void

  /// Where to write the windows' features.
  public let observations: UnsafeMutableBufferPointer<Float>
  /// Where to write the windows' images.
  public let images: [UnsafeMutableBufferPointer<Float>]
  private let program: InferenceProgram
  private let chunks: FloatBuffer
  private let width: Int
  private let draw: Drawing

  /// Compiles a network.
  ///
  /// - Parameters:
  ///   - network: A network without noise inputs.
  ///   - weights: Its parameters' values.
  ///   - capacity: The largest number of windows that decide at once.
  ///   - draw: What turns outputs into a chunk.
  /// - Throws: ``ImitationError/decisionsTooLarge(samples:needed:available:)``.
  public init(
    _ network: PolicyNetwork, weights: Weights, capacity: Int, draw: @escaping Drawing
  ) throws {
    let recorded = network(Graph())
    try DecidingMemory.check(recorded.output, samples: capacity, observations: capacity)
    program = InferenceProgram(
      computing: recorded.output, weights: weights, samples: capacity,
      observations: capacity)
    width = network.shape.chunkWidth
    self.draw = draw
    observations = program.rows(of: recorded.inputs.observation)
    images = program.imageRows(recorded.inputs)
    chunks = FloatBuffer(count: program.capacity.observations * width)
  }

  /// The largest number of windows of one call.
  public var capacity: Int { program.capacity.observations }

  /// Passes the windows through the network and draws their chunks.
  public func decide(_ keys: UnsafeBufferPointer<DecisionKey>) -> UnsafeMutableBufferPointer<Float>
  {
    program.observe(observations: keys.count, samples: keys.count)
    let outputs = program.output.count / capacity
    for (row, key) in keys.enumerated() {
      draw(
        UnsafeBufferPointer(
          rebasing: UnsafeBufferPointer(program.output)[row * outputs..<(row + 1) * outputs]),
        key, UnsafeMutableBufferPointer(start: chunks.pointer + row * width, count: width))
    }
    return UnsafeMutableBufferPointer(start: chunks.pointer, count: keys.count * width)
  }
}
