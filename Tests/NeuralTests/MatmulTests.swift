import CKernels
import Foundation
import Randomness
import TestSupport
import Testing

/// Matrix products against three loops in double precision, over odd sizes.
@Suite struct MatmulTests {
  struct Sizes: CustomTestStringConvertible {
    var rows, inner, columns: Int
    var testDescription: String { "\(rows)×\(inner)×\(columns)" }
  }

  /// Which kernel multiplies; `pairs` by an instruction that not every processor has.
  enum Kernel: CaseIterable {
    case single, bfloat16, pairs

    static var allCases: [Kernel] {
      CKernels_has_bfloat16() != 0 ? [.single, .bfloat16, .pairs] : [.single, .bfloat16]
    }

    /// What it makes of an operand before it multiplies.
    func rounded(_ values: [Float]) -> [Float] {
      if self == .single { return values }
      var result = values
      CKernels_round_to_bfloat16(&result, values, values.count)
      return result
    }

    func multiply(
      _ output: UnsafeMutablePointer<Float>, _ stride: Int, _ start: UnsafePointer<CKernels_start>?,
      _ left: CKernels_left, _ right: UnsafePointer<CKernels_right>, _ s: Sizes
    ) {
      let multiply =
        switch self {
        case .single: CKernels_matmul
        case .bfloat16: CKernels_matmul_bfloat16
        case .pairs: CKernels_matmul_bfloat16_pairs
        }
      multiply(output, stride, start, left, right, s.rows, s.inner, s.columns)
    }
  }

  static let sizes = [
    Sizes(rows: 1, inner: 1, columns: 1), Sizes(rows: 1, inner: 300, columns: 515),
    Sizes(rows: 2, inner: 17, columns: 128), Sizes(rows: 3, inner: 64, columns: 200),
    Sizes(rows: 7, inner: 9, columns: 31), Sizes(rows: 19, inner: 2, columns: 33),
    Sizes(rows: 8, inner: 40, columns: 64),
    Sizes(rows: 19, inner: 33, columns: 33), Sizes(rows: 97, inner: 270, columns: 40),
    Sizes(rows: 130, inner: 600, columns: 96),
  ]

  private func numbers(_ count: Int, _ index: Int) -> [Float] {
    var stream = RandomStream(seed: 11, purpose: .metric, index: UInt32(index))
    return (0..<count).map { _ in Float(stream.normal()) }
  }

  /// Equal bits, without a listing of thousands of numbers where they are not.
  private func expectSame(
    _ values: [Float], _ expected: [Float], location: SourceLocation = #_sourceLocation
  ) {
    let different = zip(values, expected).enumerated().first { $1.0.bitPattern != $1.1.bitPattern }
    #expect(
      values.count == expected.count && different == nil, "\(String(describing: different))",
      sourceLocation: location)
  }

  private func transposed(_ matrix: [Float], rows: Int, columns: Int) -> [Float] {
    (0..<columns).flatMap { j in (0..<rows).map { i in matrix[i * columns + j] } }
  }

  private func twin(
    _ a: [Float], _ b: [Float], _ s: Sizes, start: (Int, Int) -> Double = { _, _ in 0 }
  )
    -> [Double]
  {
    (0..<s.rows).flatMap { i in
      (0..<s.columns).map { j in
        (0..<s.inner).reduce(start(i, j)) {
          $0 + Double(a[i * s.inner + $1]) * Double(b[$1 * s.columns + j])
        }
      }
    }
  }

  /// One product through the library, from zeros.
  private func product(
    _ left: [Float], rowStride: Int, step: Int, _ right: CKernels_right, _ s: Sizes,
    _ kernel: Kernel = .single
  ) -> [Float] {
    var output = [Float](repeating: .nan, count: s.rows * s.columns)
    var (right, start) = (right, CKernels_start())
    left.withUnsafeBufferPointer {
      kernel.multiply(
        &output, s.columns, &start,
        CKernels_left(values: $0.baseAddress, row_stride: rowStride, step: step), &right, s)
    }
    return output
  }

  /// The product of two matrices, either of which may lie in memory by its columns.
  private func product(
    _ a: [Float], byColumns: Bool = false, _ b: [Float], transposed isTransposed: Bool = false,
    _ s: Sizes, _ kernel: Kernel
  ) -> [Float] {
    let left = byColumns ? transposed(a, rows: s.rows, columns: s.inner) : a
    let right = isTransposed ? transposed(b, rows: s.inner, columns: s.columns) : b
    return right.withUnsafeBufferPointer {
      product(
        left, rowStride: byColumns ? 1 : s.inner, step: byColumns ? s.rows : 1,
        CKernels_right(
          values: $0.baseAddress, halves: nil, stride: isTransposed ? s.inner : s.columns,
          layout: isTransposed ? CKernels_transposed : CKernels_plain), s, kernel)
    }
  }

  private func plain(_ a: [Float], _ b: [Float], _ s: Sizes, _ kernel: Kernel = .single) -> [Float]
  {
    product(a, b, s, kernel)
  }

  private func panels(_ b: [Float], _ s: Sizes) -> [Float] {
    var panels = [Float](repeating: .nan, count: CKernels_panel_count(s.inner, s.columns))
    CKernels_pack_panels(&panels, b, s.inner, s.columns)
    return panels
  }

  /// A sum of nothing but -0 is -0 (IEEE 754, 6.3), also in columns that fill no tile.
  @Test(arguments: [1, 15, 16, 17, 31, 32, 33, 47, 95], Kernel.allCases)
  func `a zero has the same sign in every column`(_ columns: Int, _ kernel: Kernel) {
    let s = Sizes(rows: 9, inner: 2, columns: columns)
    let left = [Float](repeating: 0, count: s.rows * s.inner)
    let right = [Float](repeating: -1, count: s.inner * s.columns)
    let added = [Float](repeating: -0.0, count: columns)
    for isAdded in [false, true] {
      var output = [Float](repeating: -0.0, count: s.rows * s.columns)
      added.withUnsafeBufferPointer { added in
        left.withUnsafeBufferPointer { left in
          right.withUnsafeBufferPointer { right in
            let row = CKernels_rows(values: added.baseAddress, index: nil, repeat: 1, stride: 0)
            var start = CKernels_start(first: row, second: isAdded ? row : CKernels_rows(), row: 0)
            var matrix = CKernels_right(
              values: right.baseAddress, halves: nil, stride: columns, layout: CKernels_plain)
            let operand = CKernels_left(values: left.baseAddress, row_stride: s.inner, step: 1)
            kernel.multiply(&output, columns, nil, operand, &matrix, s)
            #expect(output.allSatisfy { $0 == 0 && $0.sign == .minus })
            kernel.multiply(&output, columns, &start, operand, &matrix, s)
          }
        }
      }
      #expect(output.allSatisfy { $0 == 0 && $0.sign == .minus })
    }
  }

  @Test(arguments: sizes, Kernel.allCases)
  func `every layout of the operands gives the product, to the same bits`(
    _ s: Sizes, _ kernel: Kernel
  ) {
    let (a, b) = (numbers(s.rows * s.inner, 1), numbers(s.inner * s.columns, 2))
    let expected = plain(a, b, s, kernel)
    let scale = Double(s.inner).squareRoot()
    expectClose(
      expected, twin(kernel.rounded(a), kernel.rounded(b), s), relative: 1e-6,
      absolute: 5e-6 * scale)
    expectSame(product(a, b, transposed: true, s, kernel), expected)
    expectSame(product(a, byColumns: true, b, s, kernel), expected)
    guard kernel == .single else { return }
    let fromPanels = panels(b, s).withUnsafeBufferPointer {
      product(
        a, rowStride: s.inner, step: 1,
        CKernels_right(values: $0.baseAddress, halves: nil, stride: 0, layout: CKernels_panels), s)
    }
    expectSame(fromPanels, expected)
  }

  @Test(arguments: sizes)
  func `halves give the product of the rounded matrix`(_ s: Sizes) {
    let a = numbers(s.rows * s.inner, 3)
    // Apart from 0: what halves make of numbers below 6e-5 depends on how a thread treats
    // denormals.
    let b = numbers(s.inner * s.columns, 4).map { $0 + ($0 < 0 ? -0.1 : 0.1) }
    let packed = panels(b, s)
    var halves = [UInt16](repeating: 0, count: packed.count)
    CKernels_round_to_half(&halves, packed, packed.count)
    let result = halves.withUnsafeBufferPointer {
      product(
        a, rowStride: s.inner, step: 1,
        CKernels_right(values: nil, halves: $0.baseAddress, stride: 0, layout: CKernels_panels), s)
    }
    expectSame(result, plain(a, b.map { Float(Float16($0)) }, s))
  }

  /// Among the multiples of the last of eight binary places, the nearest; the even one of two.
  @Test func `rounding to bfloat16 is to the nearest`() {
    func nearest(_ x: Float) -> Float {
      let unit = Double(sign: .plus, exponent: Int(x.exponent) - 7, significand: 1)
      return Float((Double(x) / unit).rounded(.toNearestOrEven) * unit)
    }
    let values =
      numbers(4000, 21).map { $0 * 1e3 } + [1 + 0x1p-8, 1 + 0x3p-8, -1 - 0x1p-8, 0x1p-120]
    for (value, result) in zip(values, Kernel.bfloat16.rounded(values)) {
      #expect(result == nearest(value), "\(value)")
    }
    let edges = Kernel.bfloat16.rounded([.infinity, .greatestFiniteMagnitude, 0, .nan])
    #expect(edges[0] == .infinity && edges[1] == .infinity && edges[2] == 0 && edges[3].isNaN)
    // The payload of this one would be rounded into an infinity's.
    #expect(Kernel.bfloat16.rounded([Float(bitPattern: 0x7f80_0001)])[0].isNaN)
  }

  /// Of each pair the later summand first, with one rounding each, as the instruction's documents
  /// have it.
  ///
  /// So a mixed training's products are the same on every processor.
  @Test(arguments: sizes, Kernel.allCases.filter { $0 != .single })
  func `bfloat16s are added in one order everywhere`(_ s: Sizes, _ kernel: Kernel) {
    let (a, b) = (numbers(s.rows * s.inner, 23), numbers(s.inner * s.columns, 24))
    let (left, right) = (kernel.rounded(a), kernel.rounded(b))
    var expected: [Float] = []
    for i in 0..<s.rows {
      for j in 0..<s.columns {
        var sum: Float = 0
        for k in stride(from: 0, to: s.inner, by: 2) {
          for k in [k + 1, k] where k < s.inner {
            sum.addProduct(left[i * s.inner + k], right[k * s.columns + j])
          }
        }
        expected.append(sum)
      }
    }
    expectSame(plain(a, b, s, kernel), expected)
    expectSame(product(a, byColumns: true, b, transposed: true, s, kernel), expected)
  }

  @Test(arguments: Kernel.allCases)
  func `a row has the same bits whichever rows and columns are computed with it`(_ kernel: Kernel) {
    let s = Sizes(rows: 530, inner: 300, columns: 128)
    let (a, b) = (numbers(s.rows * s.inner, 5), numbers(s.inner * s.columns, 6))
    let all = plain(a, b, s, kernel)
    for rows in [0..<1, 5..<8, 9..<17, 60..<129, 500..<530] {
      var part = s
      part.rows = rows.count
      let own = plain(
        Array(a[rows.lowerBound * s.inner..<rows.upperBound * s.inner]), b, part, kernel)
      expectSame(own, Array(all[rows.lowerBound * s.columns..<rows.upperBound * s.columns]))
    }
  }

  @Test(arguments: Kernel.allCases)
  func `sums start from the rows that are given`(_ kernel: Kernel) {
    for rows in [3, 100, 600] {
      let s = Sizes(rows: rows, inner: 20, columns: 40)
      let a = kernel.rounded(numbers(s.rows * s.inner, 7))
      let b = kernel.rounded(numbers(s.inner * s.columns, 8))
      let (table, shared) = (numbers(5 * s.columns, 9), numbers(s.columns, 10))
      let index = (0..<(s.rows + 2)).map { Int32($0 * 3 % 5) }
      let repetition = s.rows / 5 + 1
      var output = numbers(s.rows * s.columns, 11)
      let before = output
      func run(_ start: CKernels_start?) {
        var right = CKernels_right()
        (right.stride, right.layout) = (s.columns, CKernels_plain)
        let left = { CKernels_left(values: $0, row_stride: s.inner, step: 1) }
        a.withUnsafeBufferPointer { a in
          b.withUnsafeBufferPointer { b in
            right.values = b.baseAddress
            guard var start else {
              return kernel.multiply(
                &output, s.columns, nil, left(a.baseAddress), &right, s)
            }
            kernel.multiply(
              &output, s.columns, &start, left(a.baseAddress), &right, s)
          }
        }
      }
      run(nil)
      expectClose(
        output, twin(a, b, s) { i, j in Double(before[i * s.columns + j]) }, relative: 1e-5,
        absolute: 1e-5, "added to the output")
      table.withUnsafeBufferPointer { table in
        shared.withUnsafeBufferPointer { shared in
          index.withUnsafeBufferPointer { index in
            var start = CKernels_start()
            start.row = 2
            start.first = CKernels_rows(
              values: table.baseAddress, index: index.baseAddress, repeat: 1, stride: s.columns)
            start.second = CKernels_rows(
              values: shared.baseAddress, index: nil, repeat: 1, stride: 0)
            run(start)
            expectClose(
              output,
              twin(a, b, s) { i, j in
                Double(table[Int(index[i + 2]) * s.columns + j]) + Double(shared[j])
              }, relative: 1e-5, absolute: 1e-5, "by index")
            start.first = CKernels_rows(
              values: table.baseAddress, index: nil, repeat: repetition, stride: s.columns)
            start.second = CKernels_rows()
            run(start)
            expectClose(
              output,
              twin(a, b, s) { i, j in Double(table[(i + 2) / repetition * s.columns + j]) },
              relative: 1e-5, absolute: 1e-5, "repeated")
          }
        }
      }
    }
  }
}
