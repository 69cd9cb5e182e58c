/// One value a step over an episode: N × shape, row-major, time first.
public struct Series: Sendable, Hashable {
  /// The elements of all steps.
  public enum Elements: Sendable, Hashable {
    /// 32-bit floating point.
    case float32([Float])
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

  /// The number of steps.
  public var count: Int {
    let total =
      switch elements {
      case .float32(let values): values.count
      case .uint8(let values): values.count
      }
    return width == 0 ? 0 : total / width
  }
}
