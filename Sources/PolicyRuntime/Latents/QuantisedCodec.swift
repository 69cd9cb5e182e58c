internal import Neural
internal import Randomness

/// The networks of a ``VectorQuantisedMethod``.
public struct VectorQuantisedNetwork {
  let encoder, decoder: HiddenLayers
  /// Where the autoencoder's parameters end.
  let codecEnd: Int
  let head: PolicyNetwork
  let books: Codebooks
  /// The chunks that all combinations of codes stand for.
  let centres: Parameter

  /// The chunks of all combinations, the last level fastest, as the decoder makes them.
  func chunks(_ weights: Weights) -> [Float] {
    let all = (0..<books.levels).reduce(1) { product, _ in product * books.count }
    let codes = weights[books.codes]
    var latents = [Float](repeating: 0, count: all * books.width)
    for combination in 0..<all {
      var rest = combination
      for level in (0..<books.levels).reversed() {
        let start = (level * books.count + rest % books.count) * books.width
        for j in 0..<books.width { latents[combination * books.width + j] += codes[start + j] }
        rest /= books.count
      }
    }
    let codec = compiled(weights, capacity: min(all, 1024))
    let chunks = codec.inBlocks(latents, of: books.width) { codec.decoded($0) }
    let shape = head.shape
    // A value that is one of a few is the nearest of them.
    return chunks.indices.map { index in
      let j = index % shape.chunkWidth
      guard let known = shape.categories(ofChunkValue: j),
        let nearest = shape.category(of: chunks[index], at: j)
      else { return chunks[index] }
      return known[nearest]
    }
  }

  func compiled(_ weights: Weights, capacity: Int) -> QuantisedCodec {
    QuantisedCodec(self, weights, capacity: capacity)
  }
}

/// Chunks to codes and back, compiled.
final class QuantisedCodec: ChunkCodec {
  let capacity: Int
  let observations = UnsafeMutableBufferPointer<Float>(start: nil, count: 0)
  let images: [UnsafeMutableBufferPointer<Float>] = []
  private let books: Codebooks
  private let weights: Weights
  private let encoder, decoder, quantiser: CodecPass

  init(_ network: VectorQuantisedNetwork, _ weights: Weights, capacity: Int) {
    func pass(_ width: Int, _ record: (Node) -> Node) -> CodecPass {
      let input = Graph().input("rows", shape: [width])
      return CodecPass(record(input), from: input, nil, weights: weights, capacity: capacity)
    }
    encoder = pass(network.head.shape.chunkWidth) { network.encoder($0) }
    decoder = pass(network.books.width) { network.decoder($0) }
    quantiser = pass(network.books.width) { network.books($0) }
    books = network.books
    self.weights = weights
    self.capacity = capacity
  }

  var latentWidth: Int { books.width }
  var levels: Int { books.levels }
  var codes: Int { books.count }

  func latents(of chunks: [Float]) -> [Float] { encoder(chunks) }

  func codes(of latents: [Float]) -> [Int] {
    latents.withUnsafeBufferPointer { books.nearest($0, weights) }
  }

  func decoded(_ codes: [Float]) -> [Float] { decoder(codes) }

  func chunks(of latents: [Float], noise: [Float]?) -> [Float] { decoder(quantiser(latents)) }
}

extension ChunkCodec {
  /// What a closure makes of rows of a width, no more at once than fit.
  func inBlocks<Value>(
    _ rows: [Float], of width: Int, _ body: ([Float]) -> [Value]
  ) -> [Value] {
    var result: [Value] = []
    for start in stride(from: 0, to: rows.count, by: capacity * width) {
      result += body(Array(rows[start..<min(start + capacity * width, rows.count)]))
    }
    return result
  }
}

/// Moves codes after each training step.
struct CodeUpdate {
  private let books: Codebooks
  private let decay: Float
  private let seed: UInt64

  /// The share of its fair part of a batch below which a code is moved to where chunks are.
  private static let fewest: Float = 0.03

  init(_ books: Codebooks, decay: Float, seed: UInt64) {
    self.books = books
    self.decay = decay
    self.seed = seed
  }

  /// Takes up what a step has shown; the codes begin at rows of the first.
  func callAsFunction(_ rows: UnsafeBufferPointer<Float>, step: Int, _ state: OptimiserState) {
    if step > 0 { books.update(state.weights, rows: rows, decay: decay) }
    var stream = RandomStream(
      seed: seed, purpose: .codes, step: UInt32(truncatingIfNeeded: step), index: 1)
    let fair = Float(rows.count / books.width) / Float(books.count)
    books.reseed(
      state.weights, rows: rows, fewest: step == 0 ? .infinity : Self.fewest * fair,
      start: min(1, fair), &stream)
    for parameter in [books.codes, books.uses, books.sums] {
      (state.average.pointer + parameter.offset).update(
        from: state.weights.pointer + parameter.offset, count: parameter.count)
    }
  }
}
