/// A fixed block of 32-bit floats, aligned to a cache line, that starts as zeros.
///
/// Parameters, gradients, moments and workspaces are each one of these, so that an optimiser step,
/// a checkpoint or an average is one pass over one array.
public final class FloatBuffer {
  /// The first element.
  public let pointer: UnsafeMutablePointer<Float>
  /// The number of elements.
  public let count: Int

  /// The alignment in bytes: one cache line, one AVX-512 register.
  static let alignment = 64

  /// Allocates `count` zeros.
  public init(count: Int) {
    let bytes = max(count, 1) * MemoryLayout<Float>.stride
    let raw = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: Self.alignment)
    pointer = raw.bindMemory(to: Float.self, capacity: max(count, 1))
    pointer.initialize(repeating: 0, count: max(count, 1))
    self.count = count
  }

  deinit {
    pointer.deallocate()
  }

  /// The elements.
  public var elements: UnsafeMutableBufferPointer<Float> {
    UnsafeMutableBufferPointer(start: pointer, count: count)
  }

  /// Takes over the elements of a buffer of the same length.
  public func copy(from other: FloatBuffer) {
    pointer.update(from: other.pointer, count: min(count, other.count))
  }

  /// `count` rounded up, so that what follows starts on a cache line.
  static func aligned(_ count: Int) -> Int {
    let unit = alignment / MemoryLayout<Float>.stride
    return (count + unit - 1) / unit * unit
  }
}
