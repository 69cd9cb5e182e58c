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

  /// The transposed matrix of a tensor of two dimensions.
  var transposed: Tensor {
    let (rows, columns) = (shape[0], shape[1])
    var result = elements
    for i in 0..<rows {
      for j in 0..<columns { result[j * rows + i] = elements[i * columns + j] }
    }
    return Tensor(shape: [columns, rows], elements: result)
  }
}
