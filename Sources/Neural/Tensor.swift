/// A shaped array outside any program, as files hold it: row-major 32-bit floats.
public struct Tensor: Sendable, Hashable {
  /// The length of each dimension; empty for a single number.
  public var shape: [Int]
  /// The elements, row-major.
  public var elements: [Float]

  /// Creates a tensor; `elements` has as many as the shape says.
  public init(shape: [Int], elements: [Float]) {
    self.shape = shape
    self.elements = elements
  }

  /// A parameter as files hold it.
  func forFiles(_ layout: FileLayout) -> Tensor {
    switch layout {
    case .asInMemory: self
    case .outputsFirst: weightForFiles
    case .lastTwoSwapped: lastTwoSwapped
    }
  }

  /// A file's tensor as it lies in memory.
  func fromFiles(_ layout: FileLayout) -> Tensor {
    switch layout {
    case .asInMemory: self
    case .outputsFirst: weightFromFiles
    case .lastTwoSwapped: lastTwoSwapped
    }
  }

  private var lastTwoSwapped: Tensor {
    let (rows, columns) = (shape[shape.count - 2], shape[shape.count - 1])
    var result = self
    result.shape.swapAt(shape.count - 2, shape.count - 1)
    for start in stride(from: 0, to: elements.count, by: max(rows * columns, 1)) {
      for i in 0..<rows {
        for j in 0..<columns {
          result.elements[start + j * rows + i] = elements[start + i * columns + j]
        }
      }
    }
    return result
  }

  /// A weight [kernel dimensions …, inputs, outputs] as [outputs, inputs, kernel dimensions …].
  private var weightForFiles: Tensor {
    let kernel = Array(shape.dropLast(2))
    let sizes = [kernel.reduce(1, *), shape[shape.count - 2], shape[shape.count - 1]]
    return Tensor(
      shape: [shape[shape.count - 1], shape[shape.count - 2]] + kernel, elements: reversed(sizes))
  }

  /// A weight [outputs, inputs, kernel dimensions …] as [kernel dimensions …, inputs, outputs].
  private var weightFromFiles: Tensor {
    let kernel = Array(shape.dropFirst(2))
    let sizes = [shape[0], shape[1], kernel.reduce(1, *)]
    return Tensor(shape: kernel + [shape[1], shape[0]], elements: reversed(sizes))
  }

  /// The elements of an array of three dimensions with the order of the dimensions reversed.
  private func reversed(_ sizes: [Int]) -> [Float] {
    var result = elements
    var next = 0
    for i in 0..<sizes[0] {
      for j in 0..<sizes[1] {
        for k in 0..<sizes[2] {
          result[(k * sizes[1] + j) * sizes[0] + i] = elements[next]
          next += 1
        }
      }
    }
    return result
  }
}
