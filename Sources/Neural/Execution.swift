internal import CKernels
internal import COneDNN

/// The memory and the rows that a list of instructions runs over.
///
/// Running allocates nothing, takes no lock, and computes each row alike whatever the range.
struct Execution {
  var workspace: UnsafeMutablePointer<Float>
  var parameters: UnsafePointer<Float>
  /// The first row of the batch, and how many.
  var firstRow = 0
  var rows: Int
  /// How many rows share one row of a repeated operand (samples an observation).
  var repetition = 1
  /// Which row of the operands that depend on the noise step alone.
  var time = 0

  func run(_ instructions: [Instruction]) {
    for instruction in instructions { run(instruction) }
  }

  func at(_ slot: Slot) -> UnsafeMutablePointer<Float> {
    workspace + slot.offset + firstRow * slot.stride
  }

  func at(_ slot: Slot?) -> UnsafeMutablePointer<Float>? { slot.map { at($0) } }

  func run(_ instruction: Instruction) {
    switch instruction {
    case .fillRows(let output, let columns, let inner, let bias, let repeated, let shared):
      let repeatedRows = repeated.map { workspace + $0.offset + firstRow / repetition * $0.stride }
      let sharedRow = shared.map { workspace + $0.offset + time * $0.stride }
      CKernels_fill_rows(
        at(output), bias.map { parameters + $0 }, repeatedRows, sharedRow, rows * inner, columns,
        repetition)
    case .product(let output, let input, let weight, let inner, let k, let n, let accumulates):
      Product.plain(
        at(output), at(input), parameters + weight, rows: rows * inner, inner: k, columns: n,
        accumulates: accumulates)
    case .activation(let y, let slope, let x, let bias, let kind, let inner, let columns):
      CKernels_activation_forward(
        at(y), at(slope), at(x), bias.map { parameters + $0 }, kind.kernel, kind.parameter,
        rows * inner, columns)
    case .layerNorm(
      let y, let statistics, let x, let scale, let shift, let epsilon, let inner, let columns):
      CKernels_layer_norm_forward(
        at(y), at(statistics), at(x), parameters + scale, parameters + shift, epsilon,
        rows * inner, columns)
    case .softmax(let y, let x, let inner, let columns):
      CKernels_softmax_forward(at(y), at(x), rows * inner, columns)
    case .sum(let y, let a, let b, let scaleA, let scaleB):
      CKernels_sum(at(y), at(a), at(b), scaleA, scaleB, rows * y.stride)
    case .scale(let y, let x, let factor, let accumulates):
      CKernels_scale(at(y), at(x), factor, accumulates ? 1 : 0, rows * y.stride)
    case .multiply(let y, let a, let b, let accumulates):
      CKernels_multiply(at(y), at(a), at(b), accumulates ? 1 : 0, rows * y.stride)
    case .shift(let y, let x, let shift):
      CKernels_shift_rows(at(y), at(x), parameters + shift, rows, y.stride)
    case .attention(let y, let weights, let x, let sizes):
      CKernels_attention_forward(
        at(y), at(weights), at(x), rows, sizes.tokens, sizes.heads, sizes.headWidth)
    case .copyColumns(let y, let x, let columns, let inner, let accumulates):
      CKernels_copy_columns(
        at(y.slot) + y.column, at(x.slot) + x.column, accumulates ? 1 : 0, rows * inner, columns,
        y.width, x.width)
    case .contrast(let loss, let probabilities, let energy, let group):
      CKernels_contrast_forward(at(loss), at(probabilities), at(energy), rows / group, group)
    case .squaredError(let loss, let prediction, let target, let weight, let columns):
      CKernels_squared_error_forward(
        at(loss), at(prediction), at(target), at(weight), rows, columns)
    case .loss(let kind, let loss, let slope, let prediction, let target, let selection):
      run(
        kind, loss, slope: slope, prediction: prediction, target: target, selection: selection)
    case .spatial(let operation, let y, let kept, let x):
      runSpatial(operation, y: at(y), kept: at(kept), x: at(x))
    default:
      runBackward(instruction)
    }
  }

  private func runBackward(_ instruction: Instruction) {
    switch instruction {
    case .productBackward(
      let dx, let dy, let weight, let inner, let k, let n, let accumulates):
      Product.transposedRight(
        at(dx), at(dy), parameters + weight, rows: rows * inner, inner: n, columns: k,
        accumulates: accumulates)
    case .layerNormBackward(
      let dx, let dy, let x, let statistics, let scale, let inner, let columns, let accumulates):
      CKernels_layer_norm_backward(
        at(dx), at(dy), at(x), at(statistics), parameters + scale, accumulates ? 1 : 0,
        rows * inner, columns)
    case .attentionBackward(
      let dx, let dy, let weights, let x, let sizes, let accumulates):
      CKernels_attention_backward(
        at(dx), at(dy), at(weights), at(x), accumulates ? 1 : 0, rows, sizes.tokens, sizes.heads,
        sizes.headWidth)
    case .softmaxBackward(let dx, let dy, let y, let inner, let columns, let accumulates):
      CKernels_softmax_backward(
        at(dx), at(dy), at(y), accumulates ? 1 : 0, rows * inner, columns)
    case .contrastBackward(
      let dx, let dLoss, let probabilities, let group, let accumulates):
      CKernels_contrast_backward(
        at(dx), at(dLoss), at(probabilities), accumulates ? 1 : 0, rows / group, group)
    case .lossBackward(let dx, let dLoss, let slope, let accumulates):
      CKernels_scale_rows(
        at(dx), at(slope), at(dLoss), accumulates ? 1 : 0, rows, dx.stride)
    case .squaredErrorBackward(
      let dx, let dLoss, let prediction, let target, let weight, let columns, let accumulates):
      CKernels_squared_error_backward(
        at(dx), at(dLoss), at(prediction), at(target), at(weight), accumulates ? 1 : 0, rows,
        columns)
    case .spatialBackward(
      let operation, let dx, let dy, let x, let y, let kept, let accumulates):
      runSpatialBackward(
        operation, dx: at(dx), dy: at(dy), x: at(x), y: at(y), kept: at(kept),
        accumulates: accumulates)
    default:
      break  // Forward instructions have run above.
    }
  }

  /// Runs one gradient task over the whole batch of this execution.
  func run(_ task: GradientTask, gradients: UnsafeMutablePointer<Float>) {
    switch task {
    case .weight(
      let gradient, let x, let dy, let column, let columns, let inner, let k, let n,
      let accumulates):
      Product.transposedLeft(
        gradients + gradient + column, at(x), at(dy) + column, rows: rows * inner, inner: k,
        columns: columns, stride: n, accumulates: accumulates)
    case .bias(
      let gradient, let dy, let column, let columns, let inner, let n, let accumulates):
      CKernels_column_sums(
        gradients + gradient + column, at(dy) + column, accumulates ? 1 : 0, rows * inner,
        columns, n)
    case .layerNorm(
      let scale, let shift, let dy, let x, let statistics, let column, let columns, let inner,
      let width, let accumulates):
      CKernels_layer_norm_parameters(
        gradients + scale + column, gradients + shift + column, at(dy) + column, at(x) + column,
        at(statistics), accumulates ? 1 : 0, rows * inner, columns, width)
    case .groupNorm(
      let norm, let shape, let dy, let x, let statistics, let accumulates):
      CKernels_group_norm_parameters(
        gradients + norm.scale.offset, gradients + norm.shift.offset, at(dy), at(x),
        at(statistics), accumulates ? 1 : 0, rows * shape.images, shape.positions, shape.channels,
        norm.groups)
    }
  }
}

/// The three matrix products of a linear map, row-major.
enum Product {
  /// output [rows, columns] = input [rows, inner] · weight [inner, columns].
  static func plain(
    _ output: UnsafeMutablePointer<Float>, _ input: UnsafePointer<Float>,
    _ weight: UnsafePointer<Float>, rows: Int, inner: Int, columns: Int, accumulates: Bool
  ) {
    dnnl_sgemm(
      78, 78, dnnl_dim_t(rows), dnnl_dim_t(columns), dnnl_dim_t(inner), 1, input,
      dnnl_dim_t(inner), weight, dnnl_dim_t(columns), accumulates ? 1 : 0, output,
      dnnl_dim_t(columns))
  }

  /// output [rows, columns] = gradient [rows, inner] · weightᵀ, weight [columns, inner].
  static func transposedRight(
    _ output: UnsafeMutablePointer<Float>, _ gradient: UnsafePointer<Float>,
    _ weight: UnsafePointer<Float>, rows: Int, inner: Int, columns: Int, accumulates: Bool
  ) {
    dnnl_sgemm(
      78, 84, dnnl_dim_t(rows), dnnl_dim_t(columns), dnnl_dim_t(inner), 1, gradient,
      dnnl_dim_t(inner), weight, dnnl_dim_t(inner), accumulates ? 1 : 0, output,
      dnnl_dim_t(columns))
  }

  /// output [inner, columns] = inputᵀ · gradient, input [rows, inner], gradient [rows, columns];
  /// rows of output and gradient lie `stride` apart.
  static func transposedLeft(
    _ output: UnsafeMutablePointer<Float>, _ input: UnsafePointer<Float>,
    _ gradient: UnsafePointer<Float>, rows: Int, inner: Int, columns: Int, stride: Int,
    accumulates: Bool
  ) {
    dnnl_sgemm(
      84, 78, dnnl_dim_t(inner), dnnl_dim_t(columns), dnnl_dim_t(rows), 1, input,
      dnnl_dim_t(inner), gradient, dnnl_dim_t(stride), accumulates ? 1 : 0, output,
      dnnl_dim_t(stride))
  }
}
