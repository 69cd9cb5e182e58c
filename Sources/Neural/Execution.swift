internal import CKernels

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
  /// Which row of the operands that depend on the noise step alone, for a run over one step.
  var noiseStep = 0
  /// The noise steps of the batch's samples, for a training whose samples share them.
  var noiseSteps: UnsafePointer<Int32>?
  /// How many noise steps there are.
  var noiseStepCount = 0
  /// How products of a training round their operands.
  var precision = TrainingPrecision.single
  /// The packed matrices of a program that decides.
  var panels = WeightPanels.View()
  /// Which of the workers that share each product this is.
  var share = (index: 0, of: 1)

  func run(_ instructions: [Instruction]) {
    for instruction in instructions { run(instruction) }
  }

  func at(_ slot: Slot) -> UnsafeMutablePointer<Float> {
    workspace + slot.offset + firstRow * slot.stride
  }

  private func parameter(_ offset: Int?) -> UnsafePointer<Float>? { offset.map { parameters + $0 } }

  func at(_ slot: Slot?) -> UnsafeMutablePointer<Float>? { slot.map { at($0) } }

  func run(_ instruction: Instruction) {
    switch instruction {
    case .fillRows(let output, let start, let columns):
      var start = rowStart(start)
      CKernels_fill_rows(at(output), &start, rows, columns)
    case .matmul(let output, let start, let input, let weights, let inner, let k, let n):
      matmul(
        at(output), start, at(input), weights, rows: rows * inner, inner: k, columns: n)
    case .activation(let y, let slope, let x, let kind, let inner, let columns):
      CKernels_activation_forward(
        at(y), at(slope), at(x), kind.kernel, kind.parameter, rows * inner * columns)
    case .layerNorm(
      let y, let statistics, let x, let scale, let shift, let epsilon, let inner, let columns):
      CKernels_layer_norm_forward(
        at(y), at(statistics), at(x), parameter(scale), parameter(shift), epsilon,
        rows * inner, columns)
    case .softmax(let y, let x, let inner, let columns):
      CKernels_softmax_forward(at(y), at(x), rows * inner, columns)
    case .sum(let y, let a, let b, let scaleA, let scaleB):
      CKernels_sum(at(y), at(a), at(b), scaleA, scaleB, rows * y.stride)
    case .scale(let y, let x, let factor, let accumulates):
      CKernels_scale(at(y), at(x), factor, accumulates ? 1 : 0, rows * y.stride)
    case .multiply(let y, let a, let b, let accumulates):
      CKernels_multiply(at(y), at(a), at(b), accumulates ? 1 : 0, rows * y.stride)
    case .shift(let y, let x, let shift, let columns):
      CKernels_shift_rows(at(y), at(x), parameters + shift, rows * y.stride / columns, columns)
    case .attention(let y, let weights, let x, let sizes):
      var sizes = sizes.kernel
      CKernels_attention_forward(at(y), at(weights), at(x), rows, &sizes)
    case .sharedAttention(let y, let weights, let queries, let tokens, let sizes):
      var sizes = sizes.kernel
      CKernels_shared_attention(at(y), at(weights), at(queries), at(tokens), rows, &sizes)
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
    case .modulate, .quantise, .framed, .mixture:
      runConditioned(instruction)
    default:
      runBackward(instruction)
    }
  }

  private func runConditioned(_ instruction: Instruction) {
    switch instruction {
    case .modulate(let y, let x, let condition, let modulation):
      var sizes = modulation.kernel(condition)
      CKernels_modulate_forward(at(y), at(x), at(condition), &sizes, rows)
    case .quantise(let y, let x, let codes, let sizes):
      CKernels_quantise(
        at(y), nil, at(x), parameters + codes, rows * sizes.rows, sizes.levels, sizes.count,
        sizes.width)
    case .framed(let y, let x, let poses, let sizes):
      run(sizes, y: at(y), x: at(x), poses: at(poses))
    case .mixture(let y, let shares, let answers, let logits, let sizes):
      var sizes = sizes.kernel
      CKernels_mixture_forward(at(y), at(shares), at(answers), at(logits), &sizes, rows)
    default:
      break  // The caller's own.
    }
  }

  private func runBackward(_ instruction: Instruction) {
    switch instruction {
    case .matmulBackward(
      let dx, let dy, let weight, let inner, let k, let n, let accumulates):
      matmulTransposed(
        at(dx), at(dy), parameters + weight, rows: rows * inner, inner: n, columns: k,
        accumulates: accumulates)
    case .layerNormBackward(
      let dx, let dy, let x, let statistics, let scale, let inner, let columns, let accumulates):
      CKernels_layer_norm_backward(
        at(dx), at(dy), at(x), at(statistics), parameter(scale), accumulates ? 1 : 0,
        rows * inner, columns)
    case .attentionBackward(
      let dx, let dy, let weights, let y, let x, let sizes, let accumulates):
      var sizes = sizes.kernel
      CKernels_attention_backward(
        at(dx), at(weights), at(dy), at(y), at(x), accumulates ? 1 : 0, rows, &sizes)
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
      runConditionedBackward(instruction)
    }
  }

  private func runConditionedBackward(_ instruction: Instruction) {
    switch instruction {
    case .modulateBackward(let dx, let dy, let condition, let modulation, let accumulates):
      var sizes = modulation.kernel(condition)
      CKernels_modulate_backward(
        at(dx), at(dy), at(condition), accumulates ? 1 : 0, &sizes, rows)
    case .modulateCondition(let gradient, let dy, let x, let modulation):
      var sizes = modulation.kernel(gradient)
      CKernels_modulate_condition(at(gradient), at(dy), at(x), &sizes, rows)
    case .framedBackward(let dx, let dy, let poses, let sizes, let accumulates):
      runBackward(sizes, dx: at(dx), dy: at(dy), poses: at(poses), accumulates: accumulates)
    case .mixtureAnswers(let gradient, let dy, let shares, let sizes, let accumulates):
      var sizes = sizes.kernel
      CKernels_mixture_answers(
        at(gradient), at(dy), at(shares), accumulates ? 1 : 0, &sizes, rows)
    case .mixtureLogits(
      let gradient, let dy, let answers, let y, let shares, let sizes, let accumulates):
      var sizes = sizes.kernel
      CKernels_mixture_logits(
        at(gradient), at(dy), at(answers), at(y), at(shares), accumulates ? 1 : 0, &sizes, rows)
    default:
      break  // Forward instructions have run above.
    }
  }

  private func rowStart(_ start: RowStart) -> CKernels_start {
    var result = CKernels_start()
    result.row = firstRow
    if let bias = start.bias {
      result.first = CKernels_rows(values: parameters + bias, index: nil, repeat: 1, stride: 0)
    }
    if let slot = start.repeated {
      result.first = CKernels_rows(
        values: workspace + slot.offset, index: nil, repeat: repetition, stride: slot.stride)
    }
    if let slot = start.shared {
      let table = workspace + slot.offset
      result.second =
        noiseSteps == nil
        ? CKernels_rows(values: table + noiseStep * slot.stride, index: nil, repeat: 1, stride: 0)
        : CKernels_rows(values: table, index: noiseSteps, repeat: 1, stride: slot.stride)
    }
    return result
  }

  /// output [rows, columns] = start + input [rows, inner] · weights; this worker's columns of it.
  private func matmul(
    _ output: UnsafeMutablePointer<Float>, _ start: RowStart, _ input: UnsafePointer<Float>,
    _ weights: MatmulWeights, rows: Int, inner: Int, columns: Int
  ) {
    let own = WeightPanels.columns(columns, of: share)
    let place = output + own.lowerBound
    var from = rowStart(start)
    if from.first.values != nil { from.first.values += own.lowerBound }
    if from.second.values != nil { from.second.values += own.lowerBound }
    if case .panels(let index) = weights, panels.isInt8 {
      var right = panels.integers(index, from: own.lowerBound)
      return passing(start.accumulates ? nil : from) {
        CKernels_matmul_int8(
          place, columns, $0, input, inner, &right, rows, inner, own.count)
      }
    }
    var right =
      switch weights {
      case .parameters(let offset):
        CKernels_right(
          values: parameters + offset + own.lowerBound, halves: nil, stride: columns,
          layout: CKernels_plain)
      case .panels(let index): panels.matrix(index, from: own.lowerBound)
      }
    let left = CKernels_left(values: input, row_stride: inner, step: 1)
    matmul(
      place, columns, start.accumulates ? nil : from, left, &right, rows, inner, own.count)
  }

  /// output = start + left · right; nil to add to the output.
  private func matmul(
    _ output: UnsafeMutablePointer<Float>, _ stride: Int, _ start: CKernels_start?,
    _ left: CKernels_left, _ right: inout CKernels_right, _ rows: Int, _ inner: Int, _ columns: Int
  ) {
    let multiply = precision == .mixed ? CKernels_matmul_bfloat16 : CKernels_matmul
    passing(start) { multiply(output, stride, $0, left, &right, rows, inner, columns) }
  }

  /// The start of a product's sums as its kernel takes it.
  private func passing(
    _ start: CKernels_start?, to body: (UnsafePointer<CKernels_start>?) -> Void
  ) {
    guard let start else { return body(nil) }
    withUnsafePointer(to: start, body)
  }

  /// Copies this worker's columns of a product to another worker's workspace.
  func copyShare(of instruction: Instruction, to other: UnsafeMutablePointer<Float>) {
    guard case .matmul(let output, _, _, _, let inner, _, let columns) = instruction else {
      return
    }
    let own = WeightPanels.columns(columns, of: share)
    let place = output.offset + firstRow * output.stride + own.lowerBound
    for row in 0..<rows * inner {
      (other + place + row * columns).update(
        from: workspace + place + row * columns, count: own.count)
    }
  }

  /// output [rows, columns] = gradient [rows, inner] · weightᵀ, weight [columns, inner]; or added
  /// to it.
  private func matmulTransposed(
    _ output: UnsafeMutablePointer<Float>, _ gradient: UnsafePointer<Float>,
    _ weight: UnsafePointer<Float>, rows: Int, inner: Int, columns: Int, accumulates: Bool
  ) {
    var right = CKernels_right(
      values: weight, halves: nil, stride: inner, layout: CKernels_transposed)
    let left = CKernels_left(values: gradient, row_stride: inner, step: 1)
    matmul(
      output, columns, accumulates ? nil : CKernels_start(), left, &right, rows, inner, columns)
  }

  /// Runs one gradient task over the whole batch of this execution.
  func run(_ task: GradientTask, gradients: UnsafeMutablePointer<Float>) {
    switch task {
    case .weight(
      let gradient, let x, let dy, let column, let columns, let inner, let k, let n,
      let accumulates):
      sumProducts(
        gradients + gradient + column, at(x), at(dy) + column, rows: rows * inner, inner: k,
        columns: columns, stride: n, accumulates: accumulates)
    case .bias(
      let gradient, let dy, let column, let columns, let inner, let n, let accumulates):
      CKernels_column_sums(
        gradients + gradient + column, at(dy) + column, accumulates ? 1 : 0, rows * inner,
        columns, n)
    case .groupSums(let sums, let dy, let column, let columns):
      guard let noiseSteps else { return }
      CKernels_group_sums(
        workspace + sums.offset + column, at(dy) + column, noiseSteps + firstRow, noiseStepCount,
        rows, columns, dy.stride)
    case .layerNorm(
      let scale, let shift, let dy, let x, let statistics, let column, let columns, let inner,
      let width, let accumulates):
      CKernels_layer_norm_parameters(
        gradients + scale + column, gradients + shift + column, at(dy) + column, at(x) + column,
        at(statistics), accumulates ? 1 : 0, rows * inner, columns, width)
    case .groupNorm(
      let norm, let shape, let dy, let x, let statistics, let accumulates):
      CKernels_group_norm_parameters(
        gradients + norm.scale, gradients + norm.shift, at(dy), at(x),
        at(statistics), accumulates ? 1 : 0, rows * shape.images, shape.positions, shape.channels,
        norm.groups)
    }
  }

  /// output [inner, columns] = inputᵀ · gradient, input [rows, inner], gradient [rows, columns], or
  /// added to it; rows of output and gradient lie `stride` apart.
  private func sumProducts(
    _ output: UnsafeMutablePointer<Float>, _ input: UnsafePointer<Float>,
    _ gradient: UnsafePointer<Float>, rows: Int, inner: Int, columns: Int, stride: Int,
    accumulates: Bool
  ) {
    var right = CKernels_right(
      values: gradient, halves: nil, stride: stride, layout: CKernels_plain)
    let left = CKernels_left(values: input, row_stride: 1, step: inner)
    matmul(
      output, stride, accumulates ? nil : CKernels_start(), left, &right, inner, rows, columns)
  }
}
