internal import CKernels

extension Node {
  /// The same function with consecutive linear maps merged into one: for deciding, when weights no
  /// longer change.
  ///
  /// - Parameter weights: The parameters' values.
  /// - Returns: The node in a graph of its own, and the parameters with the merged ones behind
  ///   them.
  func merged(_ weights: Weights) -> (Node, Weights) {
    var merging = Merging(self, weights)
    merging.mergeAttentions()
    merging.mergeLinearMaps()
    return (
      Node(graph: Graph(values: merging.values), index: index, shape: shape), merging.parameters
    )
  }
}

/// Rewrites a graph's linear maps in place; values that nothing reads any more stay behind unused.
private struct Merging {
  private(set) var values: [Graph.Value]
  private var uses: [Int]
  private let weights: Weights
  private var merged: [(offset: Int, values: FloatBuffer)] = []
  private var count: Int

  init(_ output: Node, _ weights: Weights) {
    values = output.graph.values
    self.weights = weights
    count = FloatBuffer.aligned(weights.count)
    uses = Array(repeating: 0, count: values.count)
    uses[output.index] = 1
    for index in values.indices.reversed() where uses[index] > 0 {
      for source in values[index].operation.sources { uses[source] += 1 }
    }
  }

  /// The parameters, the merged ones behind.
  var parameters: Weights {
    guard !merged.isEmpty else { return weights }
    let all = FloatBuffer(count: count)
    all.copy(from: weights)
    for part in merged {
      (all.pointer + part.offset).update(from: part.values.pointer, count: part.values.count)
    }
    return Weights(adopting: all)
  }

  /// Makes room for a merged parameter.
  private mutating func declare(_ shape: [Int]) -> (parameter: Parameter, values: FloatBuffer) {
    let parameter = Parameter(
      name: "merged", shape: shape, offset: count, initialiser: .zeros, fileLayout: .asInMemory,
      isConstant: true)
    let values = FloatBuffer(count: parameter.count)
    merged.append((count, values))
    count += FloatBuffer.aligned(parameter.count)
    return (parameter, values)
  }

  /// The values of a parameter, merged or not.
  private func pointer(_ parameter: Parameter) -> UnsafePointer<Float> {
    merged.first { $0.offset == parameter.offset }.map { UnsafePointer($0.values.pointer) }
      ?? weights.pointer + parameter.offset
  }

  /// output += left · right, all row-major, rows as far apart as their strides say; right given as
  /// its transpose where `isTransposed`.
  private func matmul(
    _ output: UnsafeMutablePointer<Float>, stride: Int, _ left: UnsafePointer<Float>,
    leftStride: Int, _ right: UnsafePointer<Float>, rightStride: Int, isTransposed: Bool = false,
    rows: Int, inner: Int, columns: Int
  ) {
    var right = CKernels_right(
      values: right, halves: nil, stride: rightStride,
      layout: isTransposed ? CKernels_transposed : CKernels_plain)
    CKernels_matmul(
      output, stride, nil, CKernels_left(values: left, row_stride: leftStride, step: 1), &right,
      rows, inner, columns)
  }

  // MARK: Attention

  /// Merges query with key and value with output projections, head by head, where tokens are no
  /// wider than heads.
  ///
  /// With Q = XW_q + b_q and so on, QKᵀ = (X W_q W_kᵀ + b_q W_kᵀ) Xᵀ but for terms that are the
  /// same for all keys, which a softmax does not see; and as weights add up to 1, the values'
  /// biases only shift the output.
  mutating func mergeAttentions() {
    for index in values.indices where uses[index] == 1 {
      guard case .attention(let input, let sizes) = values[index].operation, uses[input] == 1,
        case .linear(let tokens, let rows, let projection, let bias?) = values[input].operation,
        tokens.count == 1, tokens[0].width <= sizes.headWidth,
        let reader = values.indices.first(where: {
          uses[$0] > 0 && values[$0].operation.sources.contains(index)
        }),
        case .linear(let factors, let outputRows, let output, let outputBias?) =
          values[reader].operation, factors.count == 1
      else { continue }
      let width = tokens[0].width
      let queries = mergeQueries(projection, bias, sizes, width: width)
      values[input].operation = .linear(
        tokens, rows: rows, weight: queries.weight, bias: queries.bias)
      values[input].count = rows * sizes.heads * width
      var shared = sizes
      shared.headWidth = width
      values[index].operation = .sharedAttention(queries: input, tokens: tokens[0].node, shared)
      values[index].count = outputRows * shared.width
      uses[tokens[0].node] += 1
      let merged = mergeValues(projection, bias, output, outputBias, sizes, width: width)
      values[reader].operation = .linear(
        [Operation.Factor(node: index, width: shared.width, weightRow: 0)], rows: outputRows,
        weight: merged.weight, bias: merged.bias)
    }
  }

  /// W_q W_kᵀ/√d and b_q W_kᵀ/√d of each head, side by side.
  private mutating func mergeQueries(
    _ projection: Parameter, _ bias: Parameter, _ sizes: AttentionSizes, width: Int
  ) -> (weight: Parameter, bias: Parameter) {
    let all = sizes.heads * width
    let (weight, values) = declare([width, all])
    let (shift, shifts) = declare([all])
    let (matrix, offsets, stride) = (pointer(projection), pointer(bias), 3 * sizes.width)
    for head in 0..<sizes.heads {
      let query = head * sizes.headWidth
      let key = matrix + sizes.width + query
      matmul(
        values.pointer + head * width, stride: all, matrix + query, leftStride: stride, key,
        rightStride: stride, isTransposed: true, rows: width, inner: sizes.headWidth,
        columns: width)
      matmul(
        shifts.pointer + head * width, stride: all, offsets + query, leftStride: stride, key,
        rightStride: stride, isTransposed: true, rows: 1, inner: sizes.headWidth, columns: width)
    }
    let scale = 1 / Float(sizes.headWidth).squareRoot()
    for buffer in [values, shifts] {
      for index in 0..<buffer.count { buffer.pointer[index] *= scale }
    }
    return (weight, shift)
  }

  /// W_v W_o of each head, one below the other, and b_o + Σ b_v W_o.
  private mutating func mergeValues(
    _ projection: Parameter, _ bias: Parameter, _ output: Parameter, _ outputBias: Parameter,
    _ sizes: AttentionSizes, width: Int
  ) -> (weight: Parameter, bias: Parameter) {
    let columns = output.shape[1]
    let (weight, values) = declare([sizes.heads * width, columns])
    let (shift, shifts) = declare([columns])
    shifts.pointer.update(from: pointer(outputBias), count: columns)
    for head in 0..<sizes.heads {
      let start = 2 * sizes.width + head * sizes.headWidth
      let own = pointer(output) + head * sizes.headWidth * columns
      matmul(
        values.pointer + head * width * columns, stride: columns, pointer(projection) + start,
        leftStride: 3 * sizes.width, own, rightStride: columns, rows: width,
        inner: sizes.headWidth, columns: columns)
      matmul(
        shifts.pointer, stride: columns, pointer(bias) + start, leftStride: 3 * sizes.width, own,
        rightStride: columns, rows: 1, inner: sizes.headWidth, columns: columns)
    }
    return (weight, shift)
  }

  // MARK: Linear maps

  /// Merges a linear map into the one that alone reads it, where that saves products at every noise
  /// step.
  mutating func mergeLinearMaps() {
    for index in values.indices where uses[index] > 0 {
      guard case .linear(let factors, let rows, _, _?) = values[index].operation else { continue }
      for (place, factor) in factors.enumerated() {
        guard uses[factor.node] == 1, isPerSample(factor.node),
          case .linear(let inner, rows, let first, _?) = values[factor.node].operation,
          inner.count == 1, first.shape[0] == inner[0].width, inner[0].width <= factor.width
        else { continue }
        merge(place, of: index)
      }
    }
  }

  private func isPerSample(_ index: Int) -> Bool {
    values[index].rates & InputRate.perSample.rawValue != 0
  }

  /// y = … + (x·A + a)·B + b becomes … + x·(AB) + (b + aB).
  private mutating func merge(_ place: Int, of index: Int) {
    guard case .linear(var factors, let rows, let second, let shift?) = values[index].operation,
      case .linear(let inner, _, let first, let bias?) = values[factors[place].node].operation
    else { return }
    let (columns, width) = (second.shape[1], inner[0].width)
    let others = factors.reduce(0) { $0 + $1.width } - factors[place].width
    let (weight, values) = declare([others + width, columns])
    let (sum, sums) = declare([columns])
    let own = pointer(second) + factors[place].weightRow * columns
    sums.pointer.update(from: pointer(shift), count: columns)
    matmul(
      sums.pointer, stride: columns, pointer(bias), leftStride: factors[place].width, own,
      rightStride: columns, rows: 1, inner: factors[place].width, columns: columns)
    var row = 0
    for other in factors.indices {
      let to = values.pointer + row * columns
      if other == place {
        matmul(
          to, stride: columns, pointer(first), leftStride: factors[other].width, own,
          rightStride: columns, rows: width, inner: factors[other].width, columns: columns)
        factors[other].node = inner[0].node
        factors[other].width = width
      } else {
        to.update(
          from: pointer(second) + factors[other].weightRow * columns,
          count: factors[other].width * columns)
      }
      factors[other].weightRow = row
      row += factors[other].width
    }
    self.values[index].operation = .linear(factors, rows: rows, weight: weight, bias: sum)
  }
}
