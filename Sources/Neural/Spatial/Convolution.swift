/// A convolution of images with a square kernel: y = patches(x) · weight + bias.
///
/// The patches that the kernel meets are laid side by side and multiplied by the weights as by a
/// ``Linear`` layer's. For images of 32 × 32 pixels that is as fast as a convolution primitive, and
/// the gradient of the weights is one product over the whole batch, the same on any number of
/// threads.
///
/// - weight: [kernel, kernel, inputs, outputs] (files: [outputs, inputs, kernel, kernel]);
///   bias: [outputs]; both start uniform within 1/√(kernel² · inputs), as in PyTorch.
public struct Convolution {
  private let weight: Parameter
  private let bias: Parameter?
  private let patch: PatchShape

  /// Declares the layer's parameters.
  ///
  /// - Parameters:
  ///   - scope: Where to declare `weight` and `bias`.
  ///   - inputs: The number of channels that it is given.
  ///   - outputs: The number of channels that it makes.
  ///   - kernel: The side of the kernel in pixels.
  ///   - stride: How far the kernel moves from place to place.
  ///   - padding: Rows and columns of zeros on each side; less than `kernel`.
  ///   - hasBias: Whether a bias is added; a normalisation that follows makes it idle.
  public init(
    _ scope: ParameterScope, inputs: Int, outputs: Int, kernel: Int = 3, stride: Int = 1,
    padding: Int = 1, hasBias: Bool = true
  ) {
    precondition(
      kernel > 0 && stride > 0 && (0..<kernel).contains(padding),
      "a kernel of \(kernel) with stride \(stride) and padding \(padding)")
    let initialiser = Initialiser.linear(inputs: kernel * kernel * inputs)
    weight = scope.declare(
      "weight", shape: [kernel, kernel, inputs, outputs], initialiser: initialiser,
      fileLayout: .outputsFirst)
    bias = hasBias ? scope.declare("bias", shape: [outputs], initialiser: initialiser) : nil
    patch = PatchShape(kernel: kernel, stride: stride, padding: padding)
  }

  /// Records the convolution of images [leading …, height, width, inputs].
  ///
  /// - Returns: [leading …, places down, places across, outputs], where places along a side of n
  ///   pixels are ⌊(n + 2 · padding − kernel) / stride⌋ + 1.
  public func callAsFunction(_ x: Node) -> Node {
    let image = ImageShape(x)
    precondition(
      image.channels == weight.shape[2],
      "a convolution of \(weight.shape[2]) channels got \(image.channels)")
    precondition(
      min(image.height, image.width) + 2 * patch.padding >= patch.kernel,
      "a kernel of \(patch.kernel) on an image of \(image.height)×\(image.width)")
    let matrix = weight.matrix
    let shape = x.shape.dropLast(3) + [patch.places(image.height), patch.places(image.width)]
    let patches = x.graph.record(
      .spatial(x.index, .patches(patch, image)), shape: shape + [matrix.shape[0]], from: [x])
    let factor = Operation.Factor(node: patches.index, width: matrix.shape[0], weightRow: 0)
    return x.graph.record(
      .linear([factor], rows: patches.rows, weight: matrix, bias: bias),
      shape: shape + [matrix.shape[1]], from: [patches])
  }
}
