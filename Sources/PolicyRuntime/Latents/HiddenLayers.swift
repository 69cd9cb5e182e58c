import Neural

/// Hidden layers of one width over everything side by side: what codecs are made of.
package struct HiddenLayers {
  private let hidden: [Linear]
  private let output: Linear

  /// Declares `hidden.0` … and `output`.
  ///
  /// - Parameters:
  ///   - scope: Where to declare.
  ///   - inputs: The number of inputs, of all nodes together.
  ///   - width: The width of hidden layers.
  ///   - depth: The number of hidden layers.
  ///   - outputs: The number of outputs.
  init(_ scope: ParameterScope, inputs: Int, width: Int, depth: Int, outputs: Int) {
    hidden = (0..<depth).map { layer in
      Linear(scope["hidden"][layer], inputs: layer == 0 ? inputs : width, outputs: width)
    }
    output = Linear(scope["output"], inputs: depth == 0 ? inputs : width, outputs: outputs)
  }

  func callAsFunction(_ inputs: Node...) -> Node {
    var x = inputs.map(\.flattened)
    for layer in hidden { x = [Activation.silu(layer(x))] }
    return output(x)
  }
}

/// The sizes of a codec's layers.
public struct CodecLayers: Codable, Sendable, Hashable {
  /// The width of hidden layers.
  public var hiddenWidth: Int
  /// The number of hidden layers.
  public var depth: Int

  /// Creates sizes: two layers of 128.
  public init(hiddenWidth: Int = 128, depth: Int = 2) {
    self.hiddenWidth = hiddenWidth
    self.depth = depth
  }

  func validate() throws(ImitationError) {
    try ImitationError.check("the codec's hidden width", hiddenWidth, 1...65_536)
    try ImitationError.check("the codec's depth", depth, 1...100)
  }

  func layers(_ scope: ParameterScope, inputs: Int, outputs: Int) -> HiddenLayers {
    HiddenLayers(scope, inputs: inputs, width: hiddenWidth, depth: depth, outputs: outputs)
  }
}
