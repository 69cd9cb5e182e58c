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
public struct MLPBackbone: Backbone {
  private let hidden: [Linear]
  private let output: Linear

  /// Declares the layers `hidden.0` … and `output`.
  public init(
    _ configuration: BackboneConfiguration, _ sizes: BackboneSizes, _ scope: ParameterScope
  ) {
    let width = configuration.hiddenWidth
    hidden = (0..<configuration.depth).map { layer in
      Linear(
        scope["hidden"][layer], inputs: layer == 0 ? sizes.allInputs : width, outputs: width)
    }
    output = Linear(scope["output"], inputs: width, outputs: sizes.outputs)
  }

  /// Records the network.
  public func callAsFunction(_ inputs: BackboneInputs) -> Node {
    let noisy = inputs.noisyActions?.flattened
    let all = [noisy, inputs.observation.flattened, inputs.time].compactMap { $0 }
    var x = Activation.gelu(hidden[0](all))
    for layer in hidden.dropFirst() { x = Activation.gelu(layer(x)) }
    return output(x)
  }
}
