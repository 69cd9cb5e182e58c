internal import CKernels

/// The two matrix products of a linear map's backward pass, row-major.
enum Product {
  /// output [rows, columns] = gradient [rows, inner] · weightᵀ, weight [columns, inner].
  static func transposedRight(
    _ output: UnsafeMutablePointer<Float>, _ gradient: UnsafePointer<Float>,
    _ weight: UnsafePointer<Float>, rows: Int, inner: Int, columns: Int, accumulates: Bool
  ) {
    run(
      output, stride: columns, CKernels_left(values: gradient, row_stride: inner, step: 1),
      CKernels_right(values: weight, halves: nil, stride: inner, layout: CKernels_transposed),
      rows: rows, inner: inner, columns: columns, accumulates: accumulates)
  }

  /// output [inner, columns] = inputᵀ · gradient, input [rows, inner], gradient [rows, columns];
  /// rows of output and gradient lie `stride` apart.
  static func transposedLeft(
    _ output: UnsafeMutablePointer<Float>, _ input: UnsafePointer<Float>,
    _ gradient: UnsafePointer<Float>, rows: Int, inner: Int, columns: Int, stride: Int,
    accumulates: Bool
  ) {
    run(
      output, stride: stride, CKernels_left(values: input, row_stride: 1, step: inner),
      CKernels_right(values: gradient, halves: nil, stride: stride, layout: CKernels_plain),
      rows: inner, inner: rows, columns: columns, accumulates: accumulates)
  }

  private static func run(
    _ output: UnsafeMutablePointer<Float>, stride: Int, _ left: CKernels_left,
    _ right: CKernels_right, rows: Int, inner: Int, columns: Int, accumulates: Bool
  ) {
    var right = right
    var zeros = CKernels_start()
    withUnsafePointer(to: &zeros) { zeros in
      CKernels_product(
        output, stride, accumulates ? nil : zeros, left, &right, rows, inner, columns)
    }
  }
}
