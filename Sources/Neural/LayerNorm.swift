/// Layer normalisation over the last dimension: y = (x − mean) / √(variance + ε) · scale + shift.
///
/// - scale (`weight` in files): [width], starts at 1; shift (`bias`): [width], starts at 0.
///
/// Source: Ba, Kiros, Hinton, "Layer normalization", 2016.
public struct LayerNorm {
  let scale: Parameter
  let shift: Parameter
  let epsilon: Float

  /// The length of the rows that it normalises.
  public var width: Int { scale.count }

  /// Declares the layer's parameters.
  public init(_ scope: ParameterScope, width: Int, epsilon: Float = 1e-5) {
    scale = scope.declare("weight", shape: [width], initialiser: .ones)
    shift = scope.declare("bias", shape: [width], initialiser: .zeros)
    self.epsilon = epsilon
  }

  /// Records the normalisation of a node whose width is the layer's.
  public func callAsFunction(_ x: Node) -> Node {
    precondition(x.width == scale.count, "a layer norm of width \(scale.count) got \(x.width)")
    return x.graph.record(
      .layerNorm(x.index, columns: x.width, scale: scale, shift: shift, epsilon: epsilon),
      shape: x.shape, from: [x])
  }
}

extension Node {
  /// Layer normalisation without scale and shift, over the last dimension.
  ///
  /// - Parameter epsilon: What keeps the division finite.
  /// - Returns: A node of the same shape.
  public func normalised(epsilon: Float = 1e-5) -> Node {
    graph.record(
      .layerNorm(index, columns: width, scale: nil, shift: nil, epsilon: epsilon), shape: shape,
      from: [self])
  }
}
