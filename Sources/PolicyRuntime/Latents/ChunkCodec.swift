package import Neural

/// The way from chunks to latents and back, compiled; one thread at a time.
public protocol ChunkCodec: AnyObject {
  /// The largest number of windows of one call.
  var capacity: Int { get }

  /// Where to write the windows' normalised features: capacity × (To · Do).
  var observations: UnsafeMutableBufferPointer<Float> { get }

  /// Where to write the windows' images; see ``Decider/images``.
  var images: [UnsafeMutableBufferPointer<Float>] { get }

  /// The numbers of a latent.
  var latentWidth: Int { get }

  /// The number of levels of codes; 0 for a codec without codes.
  var levels: Int { get }

  /// The number of codes of a level; 0 for a codec without codes.
  var codes: Int { get }

  /// The latents of the chunks of the first windows.
  ///
  /// - Parameter chunks: One normalised chunk for each window: windows × (Tp · A).
  /// - Returns: Windows × ``latentWidth``.
  func latents(of chunks: [Float]) -> [Float]

  /// The codes that latents are nearest to: windows × ``levels``.
  func codes(of latents: [Float]) -> [Int]

  /// The noise from which a chunk is reproduced, for a codec that needs it besides the latent.
  ///
  /// - Parameters:
  ///   - chunks: One normalised chunk for each window.
  ///   - latents: Their latents.
  /// - Returns: Windows × (Tp · A); nil for a codec whose latents say all that it knows.
  func noise(of chunks: [Float], latents: [Float]) -> [Float]?

  /// The chunks that latents stand for.
  ///
  /// - Parameters:
  ///   - latents: Windows × ``latentWidth``.
  ///   - noise: What ``noise(of:latents:)`` gives, or something between.
  /// - Returns: Windows × (Tp · A).
  func chunks(of latents: [Float], noise: [Float]?) -> [Float]
}

extension ChunkCodec {
  /// It has no codes.
  public var levels: Int { 0 }

  /// It has no codes.
  public var codes: Int { 0 }

  /// It has no codes.
  public func codes(of latents: [Float]) -> [Int] { [] }

  /// Its latents say all that it knows.
  public func noise(of chunks: [Float], latents: [Float]) -> [Float]? { nil }
}

/// A network in one direction of a codec: windows and rows in, rows out.
final class CodecPass {
  let program: InferenceProgram
  private let input: UnsafeMutableBufferPointer<Float>
  let observations: UnsafeMutableBufferPointer<Float>
  let images: [UnsafeMutableBufferPointer<Float>]
  private let inputWidth, outputWidth: Int

  init(
    _ output: Node, from input: Node, _ inputs: EncoderInputs?, weights: Weights, capacity: Int
  ) {
    let program = InferenceProgram(
      computing: output, weights: weights, samples: capacity, observations: capacity)
    program.prepareNoiseSteps()
    self.program = program
    self.input = program.rows(of: input)
    (inputWidth, outputWidth) = (input.count, output.count)
    observations = inputs.map { program.rows(of: $0.observation) } ?? .init(start: nil, count: 0)
    images = inputs.map { program.imageRows($0) } ?? []
  }

  /// What it makes of rows, whose windows have been written.
  func callAsFunction(_ rows: [Float]) -> [Float] {
    var result: [Float] = []
    result.reserveCapacity(rows.count / inputWidth * outputWidth)
    let count = rows.count / inputWidth
    _ = input.update(fromContentsOf: rows)
    program.observe(observations: count, samples: count)
    program.step(samples: count, observations: count)
    result.append(contentsOf: program.output.prefix(count * outputWidth))
    return result
  }

  /// Takes over the windows that were written to another pass.
  func see(_ other: CodecPass) {
    for (to, from) in zip([observations] + images, [other.observations] + other.images)
    where to.count == from.count && to.count > 0 {
      _ = to.update(fromContentsOf: from)
    }
  }
}

/// A codec of two networks.
final class NetworkCodec: ChunkCodec {
  let latentWidth: Int
  let capacity: Int
  var observations: UnsafeMutableBufferPointer<Float> { encoder.observations }
  var images: [UnsafeMutableBufferPointer<Float>] { encoder.images }
  private let encoder, decoder: CodecPass

  init(encoder: CodecPass, decoder: CodecPass, latentWidth: Int, capacity: Int) {
    self.encoder = encoder
    self.decoder = decoder
    self.latentWidth = latentWidth
    self.capacity = capacity
  }

  func latents(of chunks: [Float]) -> [Float] { encoder(chunks) }

  func chunks(of latents: [Float], noise: [Float]?) -> [Float] {
    decoder.see(encoder)
    return decoder(latents)
  }
}
