internal import CKernels

/// An elementwise non-linearity.
public enum Activation: Sendable, Hashable, BitwiseCopyable {
  /// max(x, 0).
  case relu
  /// x for positive x, slope · x otherwise.
  case leakyReLU(slope: Float)
  /// x Φ(x) with the exact normal distribution function (Hendrycks & Gimpel 2016).
  case gelu
  /// The approximation of GELU by a hyperbolic tangent.
  case geluTanh
  /// x / (1 + e^(−x)), also called swish.
  case silu
  /// sin x.
  case sine
  /// tanh x.
  case tanh
  /// x tanh(ln(1 + e^x)) (Misra 2019).
  case mish
  /// e^x, for x in −87…88.
  case exponential

  var kernel: CKernels_activation {
    switch self {
    case .relu: CKernels_relu
    case .leakyReLU: CKernels_leaky_relu
    case .gelu: CKernels_gelu_erf
    case .geluTanh: CKernels_gelu_tanh
    case .silu: CKernels_silu
    case .sine: CKernels_sine
    case .tanh: CKernels_tanh
    case .mish: CKernels_mish
    case .exponential: CKernels_exponential
    }
  }

  var parameter: Float {
    if case .leakyReLU(let slope) = self { slope } else { 0 }
  }

  /// Records the activation of a node, elementwise.
  public func callAsFunction(_ x: Node) -> Node {
    x.graph.record(
      .activation(x.index, self, columns: x.width), shape: x.shape, from: [x])
  }
}
