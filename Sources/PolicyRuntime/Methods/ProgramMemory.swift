internal import Neural

extension InferenceProgram {
  /// The rows of the images that a network is shown.
  func imageRows(_ inputs: EncoderInputs) -> [UnsafeMutableBufferPointer<Float>] {
    inputs.images.map { rows(of: $0) }
  }
}
