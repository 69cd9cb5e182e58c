internal import Neural

/// One pass through the network, whose outputs for each window are then turned into its chunk.
final class ChunkDecider: Decider {
  /// Turns the outputs of one window into its chunk, Tp × A; must not allocate.
  typealias Drawing = (
    _ outputs: UnsafeBufferPointer<Float>, _ key: DecisionKey,
    _ chunk: UnsafeMutableBufferPointer<Float>
  ) -> Void

  let observations: UnsafeMutableBufferPointer<Float>
  let images: [UnsafeMutableBufferPointer<Float>]
  private let program: InferenceProgram
  private let chunks: FloatBuffer
  private let width: Int
  private let draw: Drawing

  /// - Parameters:
  ///   - network: A network without noise inputs.
  ///   - weights: Its parameters' values.
  ///   - capacity: The largest number of windows that decide at once.
  ///   - draw: What turns outputs into a chunk.
  init(
    _ network: PolicyNetwork, weights: FloatBuffer, capacity: Int, draw: @escaping Drawing
  ) {
    program = InferenceProgram(
      computing: network(Graph(), mayDrop: false), weights: weights, samples: capacity,
      observations: capacity)
    width = network.shape.chunkWidth
    self.draw = draw
    observations = program.rows("observation")
    images = program.imageRows(network.shape)
    chunks = FloatBuffer(count: program.capacity.observations * width)
  }

  var capacity: Int { program.capacity.observations }

  func decide(_ keys: [DecisionKey]) -> UnsafeMutableBufferPointer<Float> {
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
