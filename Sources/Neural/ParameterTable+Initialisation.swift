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
        case .uniform(let bound): values[i] = stream.uniform(within: bound)
        case .values(let given): values[i] = given[i]
        case .normal(let deviation): values[i] = Float(stream.normal()) * deviation
        }
      }
    }
    return buffer
  }
}

extension RandomStream {
  /// A uniform number in −bound…bound, both ends included: one of 2²⁴ + 1 evenly spaced ones.
  ///
  /// The algorithm is that of `Float.random(in:using:)` of Swift 6, written down here so that a
  /// seed keeps its weights whatever the standard library does later.
  fileprivate mutating func uniform(within bound: Float) -> Float {
    let outcomes: UInt32 = (1 << 24) + 1
    let drawn = integer(below: outcomes)
    if drawn == 1 << 24 { return bound }
    return 2 * bound * (Float(drawn) * 0x1p-24) - bound
  }

  /// Lemire's method with 32-bit words, one a call of `next()`.
  private mutating func integer(below outcomes: UInt32) -> UInt32 {
    var product = UInt32(truncatingIfNeeded: next()).multipliedFullWidth(by: outcomes)
    if product.low < outcomes {
      let threshold = (0 &- outcomes) % outcomes
      while product.low < threshold {
        product = UInt32(truncatingIfNeeded: next()).multipliedFullWidth(by: outcomes)
      }
    }
    return product.high
  }
}
