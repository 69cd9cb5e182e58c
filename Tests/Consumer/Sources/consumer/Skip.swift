import Imitation
import Neural

/// A network of a user's own: hidden layers with a path around each.
struct Skip: Backbone {
  static let name = "skip"
  static let summary = "hidden layers with a path around each"

  /// The width of hidden layers.
  var width = 24
  /// The number of layers behind the first.
  var depth = 2

  func network(_ sizes: BackboneSizes, _ scope: ParameterScope) -> any BackboneNetwork {
    Network(
      first: Linear(scope["first"], inputs: sizes.allInputs, outputs: width),
      hidden: (0..<depth).map { Linear(scope["hidden"][$0], inputs: width, outputs: width) },
      output: Linear(scope["output"], inputs: width, outputs: sizes.outputs))
  }

  private struct Network: BackboneNetwork {
    let first: Linear
    let hidden: [Linear]
    let output: Linear

    func callAsFunction(_ inputs: BackboneInputs) -> Node {
      let all = [inputs.noisyActions?.flattened, inputs.observation.flattened, inputs.time]
      var x = Activation.gelu(first(all.compactMap { $0 }))
      for layer in hidden { x = Activation.gelu(layer(x)) + x }
      return output(x)
    }
  }
}
