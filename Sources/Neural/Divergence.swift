extension Node {
  /// KL(N(m, e^s) ‖ N(n, e^o)) of diagonal normal distributions, in nats, summed over columns.
  ///
  /// This node's elements are the means m, then the log variances s.
  ///
  /// With free nats a column costs as much at least, and has no gradient while it costs less, so
  /// that a latent is not given up before it is of use (Kingma et al., "Improving variational
  /// inference with inverse autoregressive flow", 2016, appendix C.8, here column by column and
  /// sample by sample).
  ///
  /// Source: Kingma & Welling, "Auto-encoding variational Bayes", 2014, appendix B.
  ///
  /// - Parameters:
  ///   - other: n and o, of the same size; nil for the standard normal distribution.
  ///   - free: The free nats a column, at least 0.
  /// - Returns: A node of shape [1].
  public func divergence(from other: Node? = nil, free: Float = 0) -> Node {
    precondition(count % 2 == 0 && other.map { $0.count == count } ?? true, "means, log variances")
    let all = other.map { Node.concatenation([flattened, $0.flattened]) } ?? flattened
    return graph.record(
      .loss(
        .divergence(columns: count / 2, free: free, hasOther: other != nil), prediction: all.index,
        target: all.index, selection: nil),
      shape: [1], from: [all])
  }

  /// The mean of all elements, shape [1].
  public var mean: Node { reshaped([count, 1, 1]).meanPooled }
}
