/// A linear map over the last dimension: y = x · weight + bias.
///
/// Given several nodes, it maps their concatenation without making it: y = Σ xᵢ · weightᵢ + bias,
/// where weightᵢ are the rows of the weight that belong to xᵢ. When a policy decides, the summands
/// that depend only on the observation or only on the noise step are computed once.
///
/// - weight: [inputs, outputs] (files: [outputs, inputs]); bias: [outputs]; both start uniform
///   within 1/√inputs, as in PyTorch.
public struct Linear {
  let weight: Parameter
  let bias: Parameter?

  /// Declares the layer's parameters.
  ///
  /// - Parameters:
  ///   - scope: Where to declare `weight` and `bias`.
  ///   - inputs: The number of inputs, of all nodes together.
  ///   - outputs: The number of outputs.
  ///   - hasBias: Whether a bias is added.
  ///   - initialiser: How weight and bias start; nil for PyTorch's way.
  public init(
    _ scope: ParameterScope, inputs: Int, outputs: Int, hasBias: Bool = true,
    initialiser: Initialiser? = nil
  ) {
    let initialiser = initialiser ?? .linear(inputs: inputs)
    weight = scope.declare(
      "weight", shape: [inputs, outputs], initialiser: initialiser, fileLayout: .outputsFirst)
    bias = hasBias ? scope.declare("bias", shape: [outputs], initialiser: initialiser) : nil
  }

  /// Records the map of nodes with equal leading dimensions, whose widths add up to `inputs`.
  public func callAsFunction(_ nodes: Node...) -> Node { self(nodes) }

  /// Records the map of nodes with equal leading dimensions, whose widths add up to `inputs`.
  public func callAsFunction(_ nodes: [Node]) -> Node {
    let leading = nodes[0].shape.dropLast()
    var row = 0
    let factors = nodes.map { node in
      defer { row += node.width }
      precondition(node.shape.dropLast() == leading, "inputs of a linear map differ in rows")
      return Operation.Factor(node: node.index, width: node.width, weightRow: row)
    }
    precondition(row == weight.shape[0], "a linear map of \(weight.shape[0]) inputs got \(row)")
    return nodes[0].graph.record(
      .linear(factors, rows: nodes[0].rows, weight: weight, bias: bias),
      shape: leading + [weight.shape[1]], from: nodes)
  }
}

/// A linear map over the last dimension whose numbers are known and not trained: it selects, scales
/// and shifts, y = x · weight + bias.
///
/// Its constants are saved with the weights, as `weight` and `bias`.
public struct ConstantMap {
  /// One output: factor · an input + offset.
  public struct Output {
    /// Which input; nil for the offset alone.
    public var input: Int?
    /// What it is multiplied by.
    public var factor: Float
    /// What is added.
    public var offset: Float

    /// Creates an output.
    public init(_ input: Int?, factor: Float = 1, offset: Float = 0) {
      self.input = input
      self.factor = factor
      self.offset = offset
    }
  }

  /// The constants' places, for numbers that are known once the data are.
  public let weight, bias: Parameter

  /// Declares the map; all trained parameters are declared before it.
  ///
  /// - Parameters:
  ///   - scope: Where to declare.
  ///   - inputs: The number of inputs.
  ///   - outputs: The outputs.
  public init(_ scope: ParameterScope, inputs: Int, outputs: [Output]) {
    var values = [Float](repeating: 0, count: inputs * outputs.count)
    for (column, output) in outputs.enumerated() {
      if let input = output.input { values[input * outputs.count + column] = output.factor }
    }
    weight = scope.declareConstant("weight", shape: [inputs, outputs.count], values: values)
    bias = scope.declareConstant(
      "bias", shape: [outputs.count], values: outputs.map(\.offset))
  }

  /// Records the map of a node of `inputs` columns.
  public func callAsFunction(_ x: Node) -> Node {
    precondition(x.width == weight.shape[0], "a map of \(weight.shape[0]) inputs got \(x.width)")
    return x.graph.record(
      .linear(
        [Operation.Factor(node: x.index, width: x.width, weightRow: 0)], rows: x.rows,
        weight: weight, bias: bias),
      shape: x.shape.dropLast() + [weight.shape[1]], from: [x])
  }
}
