import CKernels
import Randomness
import TestSupport
import Testing

/// Products of 8-bit integers against the same arithmetic written out.
@Suite struct Int8Tests {
  private func numbers(_ count: Int, _ index: Int) -> [Float] {
    var stream = RandomStream(seed: 12, purpose: .metric, index: UInt32(index))
    return (0..<count).map { _ in Float(stream.normal()) }
  }

  /// Integers of at most 127 units, and the unit.
  private func rounded(_ values: [Float]) -> (integers: [Int], unit: Float) {
    let largest = values.map(abs).max() ?? 0
    let unit = largest > 0 ? largest / 127 : 1
    return (values.map { Int(($0 * (1 / unit)).rounded(.toNearestOrEven)) }, unit)
  }

  private func product(
    _ left: [Float], _ right: [Float], _ s: MatmulTests.Sizes,
    from: CKernels_start? = CKernels_start(),
    onto output: [Float]? = nil
  ) -> [Float] {
    var output = output ?? [Float](repeating: .nan, count: s.rows * s.columns)
    var panels = [Int8](repeating: 99, count: CKernels_int8_count(s.inner, s.columns))
    var scales = [Float](repeating: .nan, count: s.columns)
    var corrections = [Int32](repeating: 99, count: CKernels_int8_corrections(s.inner, s.columns))
    CKernels_pack_int8(&panels, &scales, &corrections, right, s.inner, s.columns)
    panels.withUnsafeBufferPointer { panels in
      scales.withUnsafeBufferPointer { scales in
        corrections.withUnsafeBufferPointer { corrections in
          var matrix = CKernels_int8(
            panels: panels.baseAddress, scales: scales.baseAddress,
            corrections: corrections.baseAddress, columns: s.columns)
          if var from {
            CKernels_matmul_int8(
              &output, s.columns, &from, left, s.inner, &matrix, s.rows, s.inner, s.columns)
          } else {
            CKernels_matmul_int8(
              &output, s.columns, nil, left, s.inner, &matrix, s.rows, s.inner, s.columns)
          }
        }
      }
    }
    return output
  }

  @Test(arguments: MatmulTests.sizes + [MatmulTests.Sizes(rows: 3, inner: 4096, columns: 33)])
  func `a product is that of the rounded rows and columns, to the bit`(_ s: MatmulTests.Sizes) {
    let (a, b) = (numbers(s.rows * s.inner, 1), numbers(s.inner * s.columns, 2))
    let before = numbers(s.rows * s.columns, 3)
    let columns = (0..<s.columns).map { j in
      let column = (0..<s.inner).map { b[$0 * s.columns + j] }
      let unit = rounded(column).unit
      // Weights are divided by their unit, once; rows are multiplied by its inverse.
      return (column.map { Int(($0 / unit).rounded(.toNearestOrEven)) }, unit)
    }
    var expected: [Float] = []
    for i in 0..<s.rows {
      let row = rounded(Array(a[i * s.inner..<(i + 1) * s.inner]))
      for (column, unit) in columns {
        let sum = zip(row.integers, column).reduce(0) { $0 + $1.0 * $1.1 }
        let term = row.unit * unit * Float(sum)
        expected.append(before[expected.count] + term)
      }
    }
    let added = product(a, b, s, from: nil, onto: before)
    let different = zip(added, expected).enumerated().first { $1.0 != $1.1 }
    #expect(different == nil, "\(String(describing: different))")
    // Each rounding leaves half a unit of 127 at most in each of the summands.
    let exact = (0..<s.rows * s.columns).map { place in
      (0..<s.inner).reduce(0.0) {
        $0 + Double(a[place / s.columns * s.inner + $1])
          * Double(b[$1 * s.columns + place % s.columns])
      }
    }
    expectClose(
      product(a, b, s), exact, relative: 0, absolute: 0.06 * Double(s.inner).squareRoot())
  }

  @Test func `long rows have a unit for each slice`() {
    let s = MatmulTests.Sizes(rows: 2, inner: 9000, columns: 40)
    var (a, b) = (numbers(s.rows * s.inner, 4), numbers(s.inner * s.columns, 5))
    // One scale for all would leave nothing of the first slice.
    for k in 0..<4096 { a[k] /= 1000 }
    for k in 4096..<9000 { for j in 0..<s.columns { b[k * s.columns + j] = 0 } }
    let expected = (0..<s.columns).map { j in
      (0..<4096).reduce(0.0) { $0 + Double(a[$1]) * Double(b[$1 * s.columns + j]) }
    }
    expectClose(
      Array(product(a, b, s)[..<s.columns]), expected, relative: 0, absolute: 0.004)
  }

  @Test func `sums start from a row, and what is no number stays none`() {
    let s = MatmulTests.Sizes(rows: 9, inner: 5, columns: 3)
    let (bias, b) = (numbers(3, 6), numbers(15, 7))
    var a = [Float](repeating: 0, count: 45)
    a[4 * 5 + 2] = .nan
    a[6 * 5 + 1] = .infinity
    let result = bias.withUnsafeBufferPointer { bias in
      var start = CKernels_start()
      start.first = CKernels_rows(values: bias.baseAddress, index: nil, repeat: 1, stride: 0)
      return product(a, b, s, from: start)
    }
    for row in 0..<9 {
      let values = Array(result[row * 3..<row * 3 + 3])
      if row == 4 || row == 6 {
        #expect(values.allSatisfy { !$0.isFinite })
      } else {
        #expect(values == bias)
      }
    }
  }
}
