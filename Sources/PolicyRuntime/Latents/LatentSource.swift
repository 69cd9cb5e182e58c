internal import Neural
internal import Randomness

/// Fills chunks of windows in shuffled order, and noise for latents.
final class LatentSource: WindowSource {
  let windows: WindowInputs
  private let chunks: UnsafeMutablePointer<Float>
  private let noise: UnsafeMutablePointer<Float>?
  private let noiseWidth: Int
  private let blur: Float
  /// Room for what blurs each row's chunk.
  private let blurs: FloatBuffer
  private let finished: ((Int, OptimiserState) -> Void)?

  /// Finds the inputs of a compiled loss.
  ///
  /// - Parameters:
  ///   - program: The compiled loss.
  ///   - windows: The order of windows.
  ///   - chunk: The input that chunks are written to.
  ///   - noise: The input that standard normal noise is written to; nil for none.
  ///   - blur: The standard deviation of what is added to chunks, in normalised units.
  ///   - finished: Takes up what a step has shown; see `BatchSource.finish`.
  init(
    _ program: TrainingProgram, _ windows: WindowInputs, chunk: Node, noise: Node? = nil,
    blur: Double = 0, finished: ((_ step: Int, _ state: OptimiserState) -> Void)? = nil
  ) {
    self.windows = windows
    chunks = program.memory(of: chunk)
    self.noise = noise.map { program.memory(of: $0) }
    noiseWidth = noise?.count ?? 0
    self.blur = Float(blur)
    blurs = FloatBuffer(count: blur > 0 ? program.batch * windows.data.shape.chunkWidth : 0)
    self.finished = finished
  }

  func fill(_ rows: Range<Int>, step: Int) {
    let width = windows.data.shape.chunkWidth
    let step32 = UInt32(truncatingIfNeeded: step)
    for row in rows {
      let chunk = chunks + row * width
      windows.fill(row: row, step: step, action: chunk)
      if let noise {
        fillNormals(
          UnsafeMutableBufferPointer(start: noise + row * noiseWidth, count: noiseWidth),
          seed: windows.order.seed, purpose: .latent, step: step32, index: UInt32(row))
      }
      guard blur > 0 else { continue }
      let own = blurs.pointer + row * width
      fillNormals(
        UnsafeMutableBufferPointer(start: own, count: width), seed: windows.order.seed,
        purpose: .trainingNoise, step: step32, index: UInt32(row))
      for j in 0..<width { chunk[j] += blur * own[j] }
    }
  }

  func finish(step: Int, state: OptimiserState) { finished?(step, state) }
}
