/// One value a step over an episode: N × shape, row-major, time first.
public struct Series: Sendable, Hashable {
  /// The elements of all steps.
  public enum Elements: Sendable, Hashable {
    /// 32-bit floating point.
    case float32([Float])
    /// 64-bit floating point, where 32 bits do not hold every value as it is.
    case float64([Double])
    /// Bytes, for images.
    case uint8([UInt8])
  }

  /// The shape of one step's value.
  public var shape: [Int]
  /// The elements: steps × shape.
  public var elements: Elements

  /// Creates a series from its elements.
  public init(shape: [Int], elements: Elements) {
    self.shape = shape
    self.elements = elements
  }

  /// The number of elements of one step.
  public var width: Int { shape.reduce(1, *) }

  /// Whether a step's value is a picture: bytes in rows.
  public var isPicture: Bool {
    if case .uint8 = elements { shape.count > 1 } else { false }
  }

  /// The number of steps.
  public var count: Int {
    let total =
      switch elements {
      case .float32(let values): values.count
      case .float64(let values): values.count
      case .uint8(let values): values.count
      }
    return width == 0 ? 0 : total / width
  }

  /// The numbers rounded to 32 bits, as pictures and plots take them; bytes as numbers.
  public var floats: [Float] {
    switch elements {
    case .float32(let values): values
    case .float64(let values): values.map { Float($0) }
    case .uint8(let bytes): bytes.map { Float($0) }
    }
  }

  /// The numbers in 64 bits, bytes among them.
  public var numbers: [Double] {
    switch elements {
    case .float32(let values): values.map { Double($0) }
    case .float64(let values): values
    case .uint8(let bytes): bytes.map { Double($0) }
    }
  }

  /// Where the first NaN or infinity among the elements is.
  var firstNotFinite: Int? {
    switch elements {
    case .float32(let values): values.firstIndex { !$0.isFinite }
    case .float64(let values): values.firstIndex { !$0.isFinite }
    case .uint8: nil
    }
  }
}
