internal import Neural

// A method asks only for inputs that it has recorded itself, so a missing one is its own mistake.

extension TrainingProgram {
  /// The rows of an input that the output depends on.
  func rows(_ name: String) -> UnsafeMutableBufferPointer<Float> {
    UnsafeMutableBufferPointer(start: memory(name), count: input(name)?.count ?? 0)
  }

  /// The memory of an input that the loss depends on.
  func memory(_ name: String) -> UnsafeMutablePointer<Float> {
    guard let start = input(name)?.baseAddress else {
      preconditionFailure("the loss does not depend on its input '\(name)'")
    }
    return start
  }
}

extension InferenceProgram {
  /// The rows of an input that the output depends on.
  func rows(_ name: String, worker: Int = 0) -> UnsafeMutableBufferPointer<Float> {
    guard let rows = input(name, worker: worker) else {
      preconditionFailure("the output does not depend on its input '\(name)'")
    }
    return rows
  }

  /// The rows of the images that the encoder of a policy reads.
  func imageRows(_ shape: PolicyShape) -> [UnsafeMutableBufferPointer<Float>] {
    shape.images.map { rows($0.inputName) }
  }
}

extension ImageFormat {
  /// The name of a network's input for the images.
  var inputName: String { "image.\(name)" }
}
