/// Two weights: the map (x, y) ↦ first·x + second·y, element by element.
///
/// The weights are computed in double precision and applied in single precision.
public struct LinearCombination: Sendable, Hashable {
  /// The weight of the first argument.
  public var first: Double
  /// The weight of the second argument.
  public var second: Double

  /// Creates a combination.
  public init(_ first: Double, _ second: Double) {
    self.first = first
    self.second = second
  }

  /// The combination of two numbers.
  public func callAsFunction(_ x: Double, _ y: Double) -> Double { first * x + second * y }

  /// The combination of two arrays of equal length.
  public func callAsFunction(_ x: [Float], _ y: [Float]) -> [Float] {
    var result = x
    result.withUnsafeMutableBufferPointer { result in
      x.withUnsafeBufferPointer { x in
        y.withUnsafeBufferPointer { apply(x, $0, into: result) }
      }
    }
    return result
  }

  /// Writes first·x + second·y without allocating; `result` may be the memory of `x` or `y`.
  ///
  /// - Parameters:
  ///   - x: The first argument; as many elements as `result`.
  ///   - y: The second argument; as many elements as `result`.
  ///   - result: What is written.
  public func apply(
    _ x: UnsafeBufferPointer<Float>, _ y: UnsafeBufferPointer<Float>,
    into result: UnsafeMutableBufferPointer<Float>
  ) {
    precondition(x.count == result.count && y.count == result.count, "buffers of unequal length")
    let (first, second) = (Float(first), Float(second))
    for index in result.indices { result[index] = first * x[index] + second * y[index] }
  }
}
