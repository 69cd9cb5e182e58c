public import Neural

/// The "basic MLP" of Diffusion BC: everything side by side through hidden layers.
///
/// ```
/// observation ─┐
/// noisy action ┼─ linear ─ GELU ─ [linear ─ GELU] × (depth − 1) ─ linear ─ outputs
/// t / T ───────┘
/// ```
///
/// Source: Pearce et al., "Imitating human behaviour with diffusion models", ICLR 2023, section 4.
public struct MLP: Backbone {
  /// The name by which it is chosen.
  public static let name = "mlp"
  /// What it is.
  public static let summary = "hidden layers over all inputs together"

  /// The width of hidden layers.
  public var hiddenWidth: Int
  /// The number of hidden layers.
  public var depth: Int

  /// Creates a backbone with three layers of 256.
  public init() { self.init(hiddenWidth: 256) }

  /// Creates a backbone.
  public init(hiddenWidth: Int, depth: Int = 3) {
    self.hiddenWidth = hiddenWidth
    self.depth = depth
  }

  /// Checks the sizes.
  public func validate() throws {
    try ImitationError.check("hidden width", hiddenWidth, 1...65_536)
    try ImitationError.check("depth", depth, 1...1000)
  }

  /// The sizes in words.
  public var words: String? { "\(depth) hidden layers of \(hiddenWidth)" }

  /// Declares the layers `hidden.0` … and `output`.
  public func network(_ sizes: BackboneSizes, _ scope: ParameterScope) -> any BackboneNetwork {
    Network(self, sizes, scope)
  }

  private struct Network: BackboneNetwork {
    let hidden: [Linear]
    let output: Linear

    init(_ mlp: MLP, _ sizes: BackboneSizes, _ scope: ParameterScope) {
      let width = mlp.hiddenWidth
      hidden = (0..<mlp.depth).map { layer in
        Linear(
          scope["hidden"][layer], inputs: layer == 0 ? sizes.allInputs : width, outputs: width)
      }
      output = Linear(scope["output"], inputs: width, outputs: sizes.outputs)
    }

    func callAsFunction(_ inputs: BackboneInputs) -> Node {
      let noisy = inputs.noisyActions?.flattened
      let all = [noisy, inputs.observation.flattened, inputs.time].compactMap { $0 }
      var x = Activation.gelu(hidden[0](all))
      for layer in hidden.dropFirst() { x = Activation.gelu(layer(x)) }
      return output(x)
    }
  }
}
