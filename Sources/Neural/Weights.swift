/// The values of a network's parameters at one moment.
///
/// They are copied once and never change afterwards, so that any number of threads may read them,
/// compile programs from them and keep them while a training continues with its own.
public struct Weights: Sendable {
  private let storage: Storage

  // Nothing writes the buffer once it is in here: it is private, and only read-only pointers to it
  // are handed out.
  private final class Storage: @unchecked Sendable {
    let buffer: FloatBuffer

    init(_ buffer: FloatBuffer) { self.buffer = buffer }
  }

  /// Copies what a buffer holds now.
  ///
  /// - Parameter buffer: A flat buffer of a ``ParameterTable``'s layout.
  public init(copying buffer: FloatBuffer) {
    let copy = FloatBuffer(count: buffer.count)
    copy.copy(from: buffer)
    storage = Storage(copy)
  }

  /// Takes over a buffer that nobody else will write.
  init(adopting buffer: FloatBuffer) {
    storage = Storage(buffer)
  }

  /// The number of values: the table's `count`, padding included.
  public var count: Int { storage.buffer.count }

  /// The value at a place of the flat buffer.
  public subscript(_ index: Int) -> Float {
    precondition(index >= 0 && index < count, "no weight \(index) among \(count)")
    return storage.buffer.pointer[index]
  }

  /// The values of one parameter of the table, in memory order.
  public subscript(_ parameter: Parameter) -> [Float] {
    withUnsafeElements {
      Array($0[parameter.offset..<parameter.offset + parameter.count])
    }
  }

  /// Lends all values to a closure.
  ///
  /// - Parameter body: Reads the values; they must not be kept beyond it.
  /// - Returns: What the closure returns.
  public func withUnsafeElements<Result>(
    _ body: (UnsafeBufferPointer<Float>) throws -> Result
  ) rethrows -> Result {
    try withExtendedLifetime(storage) {
      try body(UnsafeBufferPointer(start: storage.buffer.pointer, count: count))
    }
  }

  /// The first value, for whoever keeps the weights alive.
  var pointer: UnsafePointer<Float> { UnsafePointer(storage.buffer.pointer) }
}

extension FloatBuffer {
  /// Takes over the values of weights of the same length.
  public func copy(from weights: Weights) {
    weights.withUnsafeElements { values in
      guard let start = values.baseAddress else { return }
      pointer.update(from: start, count: Swift.min(count, values.count))
    }
  }
}
