/// A convolution along a sequence: y = windows(x) · weight + bias.
///
/// - weight: [kernel, inputs, outputs] (files: [outputs, inputs, kernel], as PyTorch's `Conv1d`);
///   bias: [outputs]; both start uniform within 1/√(kernel · inputs), as in PyTorch.
public struct Convolution1D {
  private let weight: Parameter
  private let bias: Parameter?
  private let stride, padding: Int

  /// Declares the layer's parameters.
  ///
  /// - Parameters:
  ///   - scope: Where to declare `weight` and `bias`.
  ///   - inputs: The number of channels that it is given.
  ///   - outputs: The number of channels that it makes.
  ///   - kernel: The steps that the kernel spans.
  ///   - stride: How far the kernel moves from place to place.
  ///   - padding: Steps of zeros on each side, less than `kernel`; nil for half of the kernel,
  ///     which keeps the length with a stride of 1.
  ///   - hasBias: Whether a bias is added.
  public init(
    _ scope: ParameterScope, inputs: Int, outputs: Int, kernel: Int, stride: Int = 1,
    padding: Int? = nil, hasBias: Bool = true
  ) {
    let padding = padding ?? kernel / 2
    precondition(
      kernel > 0 && stride > 0 && (0..<kernel).contains(padding),
      "a kernel of \(kernel) with stride \(stride) and padding \(padding)")
    let initialiser = Initialiser.linear(inputs: kernel * inputs)
    weight = scope.declare(
      "weight", shape: [kernel, inputs, outputs], initialiser: initialiser,
      fileLayout: .outputsFirst)
    bias = hasBias ? scope.declare("bias", shape: [outputs], initialiser: initialiser) : nil
    (self.stride, self.padding) = (stride, padding)
  }

  /// Records the convolution of a sequence [length, inputs].
  ///
  /// - Returns: [⌊(length + 2 · padding − kernel) / stride⌋ + 1, outputs].
  public func callAsFunction(_ x: Node) -> Node {
    let (kernel, inputs) = (weight.shape[0], weight.shape[1])
    precondition(x.width == inputs, "a convolution of \(inputs) channels got \(x.width)")
    precondition(
      x.rows + 2 * padding >= kernel, "a kernel of \(kernel) on a sequence of \(x.rows) steps")
    var windows = x
    if kernel > 1 || stride > 1 {
      let shape = WindowShape(
        length: x.rows, channels: inputs, kernel: kernel, stride: stride, padding: padding,
        places: (x.rows + 2 * padding - kernel) / stride + 1)
      windows = x.graph.record(
        .spatial(x.index, .windows(shape)), shape: [shape.places, kernel * inputs], from: [x])
    }
    let factor = Operation.Factor(node: windows.index, width: windows.width, weightRow: 0)
    return x.graph.record(
      .linear([factor], rows: windows.rows, weight: weight.matrix, bias: bias),
      shape: [windows.rows, weight.shape[2]], from: [windows])
  }
}

/// A transposed convolution along a sequence: each step is spread over the window that a
/// convolution of the same sizes would have read for it.
///
/// - weight: [inputs, kernel, outputs] (files: [inputs, outputs, kernel], as PyTorch's
///   `ConvTranspose1d`); bias: [outputs]; both start uniform within 1/√(kernel · outputs), as in
///   PyTorch.
public struct TransposedConvolution1D {
  private let weight, bias: Parameter
  private let stride, padding: Int

  /// Declares the layer's parameters.
  ///
  /// - Parameters:
  ///   - scope: Where to declare `weight` and `bias`.
  ///   - inputs: The number of channels that it is given.
  ///   - outputs: The number of channels that it makes.
  ///   - kernel: The steps that one step is spread over.
  ///   - stride: How far apart neighbouring steps' windows begin.
  ///   - padding: Steps that are cut off on each side, less than `kernel`.
  public init(
    _ scope: ParameterScope, inputs: Int, outputs: Int, kernel: Int, stride: Int, padding: Int
  ) {
    precondition(
      kernel > 0 && stride > 0 && (0..<kernel).contains(padding),
      "a kernel of \(kernel) with stride \(stride) and padding \(padding)")
    let initialiser = Initialiser.linear(inputs: kernel * outputs)
    weight = scope.declare(
      "weight", shape: [inputs, kernel, outputs], initialiser: initialiser,
      fileLayout: .lastTwoSwapped)
    bias = scope.declare("bias", shape: [outputs], initialiser: initialiser)
    (self.stride, self.padding) = (stride, padding)
  }

  /// Records the transposed convolution of a sequence [length, inputs].
  ///
  /// - Returns: [(length − 1) · stride − 2 · padding + kernel, outputs].
  public func callAsFunction(_ x: Node) -> Node {
    let (inputs, kernel, outputs) = (weight.shape[0], weight.shape[1], weight.shape[2])
    precondition(x.width == inputs, "a convolution of \(inputs) channels got \(x.width)")
    let matrix = weight.reshaped([inputs, kernel * outputs])
    let factor = Operation.Factor(node: x.index, width: inputs, weightRow: 0)
    let spread = x.graph.record(
      .linear([factor], rows: x.rows, weight: matrix, bias: nil),
      shape: [x.rows, kernel * outputs], from: [x])
    let shape = WindowShape(
      length: (x.rows - 1) * stride - 2 * padding + kernel, channels: outputs, kernel: kernel,
      stride: stride, padding: padding, places: x.rows)
    return x.graph.record(
      .spatial(spread.index, .overlapAdd(shape)), shape: [shape.length, outputs], from: [spread]
    ).shifted(by: bias)
  }
}
