extension Node {
  /// The elementwise sum of two nodes of one shape.
  public static func + (a: Node, b: Node) -> Node { a.sum(with: b) }

  /// The elementwise difference of two nodes of one shape.
  public static func - (a: Node, b: Node) -> Node { a.sum(with: b, scaleB: -1) }

  /// The elementwise product of two nodes of one shape.
  public static func * (a: Node, b: Node) -> Node {
    precondition(a.shape == b.shape, "an elementwise product of shapes \(a.shape) and \(b.shape)")
    return a.graph.record(.multiply(a.index, b.index), shape: a.shape, from: [a, b])
  }

  /// A node times a constant.
  public static func * (a: Node, factor: Float) -> Node {
    // A sum is scaled as it is added.
    if case .sum(let first, let second, let scaleA, let scaleB) = a.graph.values[a.index].operation
    {
      return a.graph.record(
        .sum(first, second, scaleA: factor * scaleA, scaleB: factor * scaleB), shape: a.shape,
        from: [a])
    }
    return a.graph.record(.scale(a.index, by: factor), shape: a.shape, from: [a])
  }

  /// scaleA · self + scaleB · other, elementwise; in one pass, as residual sums want it.
  public func sum(with other: Node, scaleA: Float = 1, scaleB: Float = 1) -> Node {
    precondition(shape == other.shape, "a sum of shapes \(shape) and \(other.shape)")
    return graph.record(
      .sum(index, other.index, scaleA: scaleA, scaleB: scaleB), shape: shape, from: [self, other])
  }

  /// e^x / Σ e^x over the last dimension.
  public var softmax: Node {
    graph.record(.softmax(index, columns: width), shape: shape, from: [self])
  }

  /// Some columns of each row.
  ///
  /// - Parameter range: Indices of the last dimension.
  /// - Returns: A node whose last dimension has as many elements as the range.
  public func columns(_ range: Range<Int>) -> Node {
    precondition(
      !range.isEmpty && range.lowerBound >= 0 && range.upperBound <= width,
      "no columns \(range) in a shape \(shape)")
    return graph.record(
      .columns(index, range, rows: rows), shape: shape.dropLast() + [range.count], from: [self])
  }

  /// The sum with a parameter, the same for every sample: of as many elements, or of one row's,
  /// which is added to each row.
  public func shifted(by parameter: Parameter) -> Node {
    precondition(
      parameter.count == count || parameter.count == width,
      "\(shape) shifted by \(parameter.shape)")
    return graph.record(.shift(index, parameter), shape: shape, from: [self])
  }

  /// Tokens of several nodes one after the other, [Σ tokens, width]; each is [tokens, width].
  public static func tokens(_ nodes: [Node]) -> Node {
    precondition(nodes.allSatisfy { $0.width == nodes[0].width }, "tokens differ in width")
    return concatenation(nodes.map(\.flattened))
      .reshaped([nodes.reduce(0) { $0 + $1.rows }, nodes[0].width])
  }

  /// Some tokens of a node [tokens, width].
  public func tokens(_ range: Range<Int>) -> Node {
    if range == 0..<rows { return self }
    return flattened.columns(range.lowerBound * width..<range.upperBound * width)
      .reshaped([range.count, width])
  }

  /// Nodes side by side along the last dimension; their other dimensions are equal.
  ///
  /// A concatenation that only feeds a linear map costs less as several nodes given to ``Linear``.
  public static func concatenation(_ nodes: [Node]) -> Node {
    let leading = nodes[0].shape.dropLast()
    precondition(
      nodes.allSatisfy { $0.shape.dropLast() == leading }, "concatenated nodes differ in rows")
    let width = nodes.reduce(0) { $0 + $1.width }
    return nodes[0].graph.record(
      .concatenation(nodes.map { ($0.index, $0.width) }, rows: nodes[0].rows),
      shape: leading + [width], from: nodes)
  }

  /// InfoNCE: how surely the low energy of each group's first sample sets it apart from the others,
  /// E₀ + ln Σ e^(−E) over the group.
  ///
  /// The program's batch is a multiple of the group; see `TrainingProgram.init`'s `group`.
  ///
  /// Source: van den Oord et al., "Representation learning with contrastive predictive coding",
  /// 2018, equation 4.
  ///
  /// - Parameter group: Samples of a group.
  /// - Returns: A node of shape [1], the same for all samples of a group.
  public func contrast(group: Int) -> Node {
    precondition(count == 1, "an energy is one number a sample, not of shape \(shape)")
    return graph.record(.contrast(index, group: group), shape: [1], from: [self])
  }

  /// The mean squared error of each sample: weight · mean over elements of (self − target)².
  ///
  /// - Parameters:
  ///   - target: What the prediction should be; the same shape.
  ///   - weight: A weight for each sample, shape [1], or nil for 1.
  /// - Returns: A node of shape [1].
  public func squaredError(to target: Node, weight: Node? = nil) -> Node {
    precondition(shape == target.shape, "an error of shapes \(shape) and \(target.shape)")
    return graph.record(
      .squaredError(
        prediction: index, target: target.index, weight: weight?.index, columns: count),
      shape: [1], from: [self, target] + (weight.map { [$0] } ?? []))
  }
}
