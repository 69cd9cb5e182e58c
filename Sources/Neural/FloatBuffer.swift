/// A fixed block of 32-bit floats, aligned to a cache line, that starts as zeros.
///
/// Parameters, gradients, moments and workspaces are each one of these, so that an optimiser step,
/// a checkpoint or an average is one pass over one array.
///
/// It is a collection that shares its elements: `Array(buffer)` copies them, slices and iterators
/// keep it alive. One thread at a time may write it; ``Weights`` are for sharing.
public final class FloatBuffer {
  /// The first element; valid as long as the buffer, so that whoever keeps the pointer keeps the
  /// buffer too.
  public let pointer: UnsafeMutablePointer<Float>
  /// The number of elements.
  public let count: Int

  /// The alignment in bytes: one cache line, one AVX-512 register.
  static let alignment = 64

  /// Allocates `count` zeros.
  public init(count: Int) {
    let capacity = Swift.max(count, 1)
    let bytes = capacity * MemoryLayout<Float>.stride
    let raw = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: Self.alignment)
    pointer = raw.bindMemory(to: Float.self, capacity: capacity)
    pointer.initialize(repeating: 0, count: capacity)
    self.count = count
  }

  deinit {
    pointer.deallocate()
  }

  /// The elements, lent to a closure.
  public func withUnsafeMutableElements<Result>(
    _ body: (UnsafeMutableBufferPointer<Float>) throws -> Result
  ) rethrows -> Result {
    try withExtendedLifetime(self) {
      try body(UnsafeMutableBufferPointer(start: pointer, count: count))
    }
  }

  /// Takes over the elements of a buffer of the same length.
  public func copy(from other: FloatBuffer) {
    pointer.update(from: other.pointer, count: Swift.min(count, other.count))
  }

  /// `count` rounded up, so that what follows starts on a cache line.
  static func aligned(_ count: Int) -> Int {
    let unit = alignment / MemoryLayout<Float>.stride
    return (count + unit - 1) / unit * unit
  }
}

extension FloatBuffer: RandomAccessCollection {
  /// 0.
  public var startIndex: Int { 0 }

  /// The number of elements.
  public var endIndex: Int { count }

  /// An element.
  public subscript(_ index: Int) -> Float {
    get {
      precondition(index >= 0 && index < count, "no element \(index) among \(count)")
      return pointer[index]
    }
    set {
      precondition(index >= 0 && index < count, "no element \(index) among \(count)")
      pointer[index] = newValue
    }
  }
}
