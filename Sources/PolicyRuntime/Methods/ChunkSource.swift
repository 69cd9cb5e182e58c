internal import Neural

/// Fills a network's inputs with windows in shuffled order and turns each one's chunk into what the
/// network should answer.
final class ChunkSource: WindowSource {
  /// Turns the chunk of a row's window, Tp × A, into the targets of its sample; must not allocate.
  typealias Labelling = (
    _ row: Int, _ window: Int, _ chunk: UnsafeMutableBufferPointer<Float>
  ) -> Void

  let windows: WindowInputs
  private let chunks: UnsafeMutablePointer<Float>
  /// Where chunks are gathered if the loss itself reads none.
  private let ownMemory: FloatBuffer?
  private let label: Labelling

  /// - Parameters:
  ///   - program: The compiled loss.
  ///   - windows: The order of windows.
  ///   - target: The input of the loss that chunks are written to; nil for none.
  ///   - label: What is done with each chunk after that.
  init(
    _ program: TrainingProgram, _ windows: WindowInputs, target: String? = "target",
    label: @escaping Labelling = { _, _, _ in }
  ) {
    self.windows = windows
    self.label = label
    if let target {
      ownMemory = nil
      chunks = program.memory(target)
    } else {
      let memory = FloatBuffer(count: program.batch * windows.data.shape.chunkWidth)
      ownMemory = memory
      chunks = memory.pointer
    }
  }

  func fill(_ rows: Range<Int>, step: Int) {
    let width = windows.data.shape.chunkWidth
    for row in rows {
      let chunk = chunks + row * width
      let window = windows.fill(row: row, step: step, action: chunk)
      label(row, window, UnsafeMutableBufferPointer(start: chunk, count: width))
    }
  }
}
