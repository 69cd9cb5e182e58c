internal import CKernels
public import Randomness

/// Codes that stand for rows of numbers, in levels: each level has a code for what the levels
/// before have left.
///
/// They are not trained by gradients but follow moving averages of what they stand for, which are
/// kept with the weights: N ← decay·N + (1 − decay)·count, m ← decay·m + (1 − decay)·Σx, code = m/Ñ
/// with Ñ = (N + ε)/(ΣN + K·ε)·ΣN.
///
/// Source: van den Oord et al., "Neural discrete representation learning", 2017, appendix A.1; Lee
/// et al., "Autoregressive image generation using residual quantization", CVPR 2022, section 3.1.
public struct Codebooks {
  /// The number of levels, of codes of each, and of numbers of a code.
  public let levels, count, width: Int
  /// The codes: levels × count × width.
  public let codes: Parameter
  /// N: levels × count.
  public let uses: Parameter
  /// m: levels × count × width.
  public let sums: Parameter

  /// Declares codes, uses and sums as constants; all trained parameters are declared before.
  ///
  /// - Parameters:
  ///   - scope: Where to declare.
  ///   - levels: The number of levels, at least 1.
  ///   - count: The number of codes of a level, at least 1.
  ///   - width: The number of numbers of a code, at least 1.
  public init(_ scope: ParameterScope, levels: Int, count: Int, width: Int) {
    self.levels = levels
    self.count = count
    self.width = width
    codes = scope.declareConstant("codes", shape: [levels, count, width])
    uses = scope.declareConstant("uses", shape: [levels, count])
    sums = scope.declareConstant("sums", shape: [levels, count, width])
  }

  /// What they start with, N = 1 and m = code, by the names of the constants.
  ///
  /// - Parameter values: Codes, levels × count × width.
  /// - Returns: The constants.
  public func start(_ values: [Float]) -> [String: [Float]] {
    [
      codes.name: values, sums.name: values,
      uses.name: Array(repeating: 1, count: levels * count),
    ]
  }

  /// Records the sum of the nearest codes of each row of a node [… , width].
  ///
  /// The gradient passes as if the rows had not been changed (straight through), once around the
  /// sum of all levels.
  public func callAsFunction(_ x: Node) -> Node {
    precondition(x.width == width, "codes of \(width) numbers for rows of \(x.width)")
    return x.graph.record(
      .quantise(x.index, codes, QuantiserSizes(rows: x.rows, levels, count, width)),
      shape: x.shape, from: [x])
  }

  /// Moves the codes towards rows that they stood for.
  ///
  /// - Parameters:
  ///   - weights: The flat buffer that holds them.
  ///   - rows: What was quantised, rows × width.
  ///   - decay: How much of N and m stays, in [0, 1).
  ///   - epsilon: ε, which keeps a code without uses finite.
  public func update(
    _ weights: FloatBuffer, rows: UnsafeBufferPointer<Float>, decay: Float, epsilon: Float = 1e-5
  ) {
    let found = nearest(rows, weights)
    let total = rows.count / width
    var rest = Array(rows)
    for level in 0..<levels {
      let start = level * count
      let (codes, sums, uses) = (
        weights.pointer + codes.offset + start * width,
        weights.pointer + sums.offset + start * width, weights.pointer + uses.offset + start
      )
      var seen = [Float](repeating: 0, count: count)
      var added = [Float](repeating: 0, count: count * width)
      for row in 0..<total {
        let code = found[row * levels + level]
        seen[code] += 1
        for j in 0..<width {
          added[code * width + j] += rest[row * width + j]
          rest[row * width + j] -= codes[code * width + j]
        }
      }
      var all: Float = 0
      for code in 0..<count {
        uses[code] = decay * uses[code] + (1 - decay) * seen[code]
        all += uses[code]
      }
      for index in 0..<count * width {
        sums[index] = decay * sums[index] + (1 - decay) * added[index]
        let smoothed = (uses[index / width] + epsilon) / (all + Float(count) * epsilon) * all
        codes[index] = sums[index] / smoothed
      }
    }
  }

  /// Moves codes that stand for hardly anything to where rows are.
  ///
  /// - Parameters:
  ///   - weights: The flat buffer that holds them.
  ///   - rows: What was quantised, rows × width.
  ///   - fewest: N below which a code is moved.
  ///   - start: N that it has then; more than 0.
  ///   - stream: Draws the rows.
  /// - Returns: How many were moved.
  @discardableResult
  public func reseed(
    _ weights: FloatBuffer, rows: UnsafeBufferPointer<Float>, fewest: Float, start: Float,
    _ stream: inout RandomStream
  ) -> Int {
    var moved = 0
    let total = rows.count / width
    for place in 0..<levels * count where weights.pointer[uses.offset + place] < fewest {
      let row = stream.integer(below: total)
      var rest = Array(rows[row * width..<(row + 1) * width])
      // What a later level sees of that row.
      for level in 0..<place / count {
        let own = weights.pointer + codes.offset + level * count * width
        let code = rest.withUnsafeBufferPointer { nearest($0, weights, firstLevel: level) }
        for j in 0..<width { rest[j] -= own[code * width + j] }
      }
      weights.pointer[uses.offset + place] = start
      for j in 0..<width {
        weights.pointer[codes.offset + place * width + j] = rest[j]
        weights.pointer[sums.offset + place * width + j] = start * rest[j]
      }
      moved += 1
    }
    return moved
  }

  /// The nearest codes of rows: rows × levels.
  public func nearest(_ rows: UnsafeBufferPointer<Float>, _ weights: Weights) -> [Int] {
    weights.withUnsafeElements { values in
      values.baseAddress.map { nearest(rows, $0, levels: 0..<levels) } ?? []
    }
  }

  private func nearest(_ rows: UnsafeBufferPointer<Float>, _ weights: FloatBuffer) -> [Int] {
    nearest(rows, weights.pointer, levels: 0..<levels)
  }

  private func nearest(
    _ row: UnsafeBufferPointer<Float>, _ weights: FloatBuffer, firstLevel: Int
  ) -> Int {
    nearest(row, weights.pointer, levels: firstLevel..<firstLevel + 1)[0]
  }

  private func nearest(
    _ rows: UnsafeBufferPointer<Float>, _ weights: UnsafePointer<Float>, levels: Range<Int>
  ) -> [Int] {
    guard let input = rows.baseAddress else { return [] }
    var output = [Float](repeating: 0, count: rows.count)
    var found = [Float](repeating: 0, count: rows.count / width * levels.count)
    CKernels_quantise(
      &output, &found, input, weights + codes.offset + levels.lowerBound * count * width,
      rows.count / width, levels.count, count, width)
    return found.map { Int($0) }
  }
}

/// The sizes of one use of codebooks.
struct QuantiserSizes: Hashable, BitwiseCopyable {
  /// Rows of a sample, levels, codes of a level, numbers of a code.
  var rows, levels, count, width: Int

  init(rows: Int, _ levels: Int, _ count: Int, _ width: Int) {
    self.rows = rows
    self.levels = levels
    self.count = count
    self.width = width
  }
}
