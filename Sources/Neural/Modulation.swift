internal import CKernels

/// Which slices of a condition scale and shift the rows of a node.
struct Modulation: Hashable, BitwiseCopyable {
  var rows, columns: Int
  /// Where scale and shift begin in the condition; nil for none.
  var scale, shift: Int?
  /// What is added to the scale.
  var offset: Float

  /// The sizes for a condition, or its gradient, at a place.
  func kernel(_ condition: Slot) -> CKernels_modulation {
    CKernels_modulation(
      rows: rows, columns: columns, stride: condition.stride, scale: scale ?? 0, shift: shift ?? 0,
      has_scale: scale == nil ? 0 : 1, has_shift: shift == nil ? 0 : 1, offset: offset)
  }
}

extension Node {
  /// Each row of this node, times a slice of a condition, plus another: (offset + scale) · x +
  /// shift, in one pass, the same for all rows of a sample.
  ///
  /// With an offset of 0 this is FiLM as the published U-Net has it, with 1 the modulation of
  /// adaptive layer normalisation; without a shift a gate.
  ///
  /// Source: Perez et al., "FiLM: visual reasoning with a general conditioning layer", 2018;
  /// Peebles & Xie, "Scalable diffusion models with transformers", 2023.
  ///
  /// - Parameters:
  ///   - condition: What says how, of any shape; it has slices as wide as this node's rows.
  ///   - scale: Where the scale begins in the condition's elements; nil for 1.
  ///   - shift: Where the shift begins; nil for 0.
  ///   - offset: What is added to the scale.
  /// - Returns: A node of the same shape.
  public func modulated(
    by condition: Node, scale: Int? = nil, shift: Int? = nil, offset: Float = 0
  ) -> Node {
    precondition(scale != nil || shift != nil, "a modulation by nothing")
    for start in [scale, shift].compactMap({ $0 }) {
      precondition(
        start >= 0 && start + width <= condition.count,
        "no \(width) columns from \(start) on in a condition of \(condition.count)")
    }
    let modulation = Modulation(
      rows: rows, columns: width, scale: scale, shift: shift, offset: offset)
    return graph.record(
      .modulate(index, by: condition.index, modulation), shape: shape, from: [self, condition])
  }
}
