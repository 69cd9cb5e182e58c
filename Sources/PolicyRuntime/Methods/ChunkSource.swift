public import Neural

/// Fills a network's inputs with windows in shuffled order and turns each one's chunk into what the
/// network should answer.
public final class ChunkSource: WindowSource {
  /// Turns the chunk of a row's window, Tp × A, into the targets of its sample; must not allocate.
  public typealias Labelling = (
    _ row: Int, _ window: Int, _ chunk: UnsafeMutableBufferPointer<Float>
  ) -> Void

  /// The order of windows.
  public let windows: WindowInputs
  private let chunks: UnsafeMutablePointer<Float>
  /// Where chunks are gathered if the loss itself reads none.
  private let ownMemory: FloatBuffer?
  private let label: Labelling
  private let mask: PaddingMask.Filler?

  /// Finds the target of a compiled loss.
  ///
  /// - Parameters:
  ///   - program: The compiled loss.
  ///   - windows: The order of windows.
  ///   - target: The input of the loss that chunks are written to; nil for none.
  ///   - mask: What leaves out actions that were never recorded; nil for nothing.
  ///   - label: What is done with each chunk after that.
  public init(
    _ program: TrainingProgram, _ windows: WindowInputs, target: Node?,
    mask: PaddingMask.Filler? = nil, label: @escaping Labelling = { _, _, _ in }
  ) {
    self.windows = windows
    self.label = label
    self.mask = mask
    if let target {
      ownMemory = nil
      chunks = program.memory(of: target)
    } else {
      let memory = FloatBuffer(count: program.batch * windows.data.shape.chunkWidth)
      ownMemory = memory
      chunks = memory.pointer
    }
  }

  /// Writes rows of windows and targets.
  public func fill(_ rows: Range<Int>, step: Int) {
    let width = windows.data.shape.chunkWidth
    for row in rows {
      let chunk = chunks + row * width
      let window = windows.fill(row: row, step: step, action: chunk)
      label(row, window, UnsafeMutableBufferPointer(start: chunk, count: width))
      mask?.fill(row: row, step: step, target: chunk)
    }
  }
}
