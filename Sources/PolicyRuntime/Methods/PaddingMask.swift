public import Naming
public import Neural

/// What a window's chunk is filled with past the end of its episode, and whether that is learnt.
public enum Padding: String, NamedChoice {
  /// The last action is repeated and learnt as if it had been recorded.
  case `repeat`
  /// The last action is repeated and left out of the loss.
  case mask

  /// What is chosen, for messages.
  public static var kindOfChoice: String { "padding" }
}

/// Which of a chunk's actions were recorded, as a factor of the loss's terms.
///
/// It is 1, and 0 past the end of an episode. Without a mask all are learnt.
public struct PaddingMask {
  /// The input of factors, Tp × A; nil for none.
  let node: Node?

  /// Records the factors where a task asks for them.
  public init(_ task: TrainingTask, _ graph: Graph) {
    node =
      task.masksPadding ? graph.input("mask", shape: [task.data.shape.chunkWidth]) : nil
  }

  /// What a network answers, with 0 in place of what was never recorded.
  public func callAsFunction(_ output: Node) -> Node { node.map { output * $0 } ?? output }

  /// What fills the factors of a compiled loss.
  public func filler(_ program: TrainingProgram, _ windows: WindowInputs) -> Filler {
    Filler(factors: node.map { program.memory(of: $0) }, windows: windows)
  }

  /// Writes factors, and the same zeros into what a network should answer.
  public struct Filler {
    let factors: UnsafeMutablePointer<Float>?
    let windows: WindowInputs

    /// Writes those of a row; allocates nothing.
    ///
    /// - Parameters:
    ///   - row: The row of the batch.
    ///   - step: The training step, from 0.
    ///   - target: What the network should answer, Tp × A.
    public func fill(row: Int, step: Int, target: UnsafeMutablePointer<Float>) {
      guard let factors else { return }
      let shape = windows.data.shape
      let recorded = windows.recordedActions(row: row, step: step) * shape.actionWidth
      let mask = factors + row * shape.chunkWidth
      for j in 0..<shape.chunkWidth { mask[j] = j < recorded ? 1 : 0 }
      for j in recorded..<shape.chunkWidth { target[j] = 0 }
    }
  }
}
