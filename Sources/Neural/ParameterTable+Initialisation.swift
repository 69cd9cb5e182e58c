import Randomness

extension ParameterTable {
  /// A flat buffer with every parameter's initial values; the padding is zero and stays so.
  ///
  /// - Parameter seed: The same seed gives the same values; parameter i draws from a stream of its
  ///   own, so that adding one at the end changes none before it.
  /// - Returns: The buffer, `count` long.
  public func initialValues(seed: UInt64) -> FloatBuffer {
    let buffer = FloatBuffer(count: count)
    for (index, parameter) in parameters.enumerated() {
      var stream = RandomStream(seed: seed, purpose: .initialisation, index: UInt32(index))
      let values = UnsafeMutableBufferPointer(
        start: buffer.pointer + parameter.offset, count: parameter.count)
      for i in values.indices {
        switch parameter.initialiser {
        case .zeros: values[i] = 0
        case .ones: values[i] = 1
        case .uniform(let bound): values[i] = Float.random(in: -bound...bound, using: &stream)
        case .normal(let deviation): values[i] = Float(stream.normal()) * deviation
        }
      }
    }
    return buffer
  }
}
