internal import Neural

/// The sieve behind one frame, or behind each of several: hidden layers that are each shown the
/// noisy chunk and the context again.
struct SceneBody {
  /// What all bodies of a scene have in common.
  struct Sizes {
    var width, depth: Int
    /// The width of what is the same for all frames.
    var context: Int
    /// Actions that are answered; 0 where the outputs are not a chunk.
    var answers: Int
    var actionWidth: Int
  }

  /// What comes out, a row for each frame.
  struct Result {
    var hidden: Node
    /// [frames, actions, action width], in the frames' own directions.
    var answers: Node?
    /// [frames, actions].
    var logits: Node?
  }

  private struct Layer {
    let linear: Linear
    let context: Linear?
    let norm: LayerNorm

    init(_ scope: ParameterScope, inputs: Int, _ sizes: Sizes) {
      linear = Linear(scope["linear"], inputs: inputs, outputs: sizes.width)
      context =
        sizes.context > 0
        ? Linear(
          scope["context"], inputs: sizes.context, outputs: sizes.width, hasBias: false) : nil
      norm = LayerNorm(scope["norm"], width: sizes.width)
    }

    func callAsFunction(_ rows: [Node], _ shared: Node?) -> Node {
      var x = linear(rows)
      if let context, let shared { x = x.modulated(by: context(shared), shift: 0) }
      return Activation.gelu(norm(x))
    }
  }

  private let layers: [Layer]
  private let answer, logit: Linear?
  private let sizes: Sizes

  /// Declares the layers.
  ///
  /// - Parameters:
  ///   - scope: Where to declare.
  ///   - sizes: What all bodies have in common.
  ///   - shown: The width of the noisy chunk.
  ///   - observed: The width of what is observed from a frame.
  init(_ scope: ParameterScope, _ sizes: Sizes, shown: Int, observed: Int) {
    self.sizes = sizes
    layers = (0..<max(sizes.depth, 1)).map { index in
      Layer(
        scope["hidden"][index], inputs: shown + (index == 0 ? observed : sizes.width), sizes)
    }
    answer =
      sizes.answers > 0
      ? Linear(
        scope["answer"], inputs: sizes.width + shown, outputs: sizes.answers * sizes.actionWidth)
      : nil
    logit =
      sizes.answers > 0
      ? Linear(scope["logit"], inputs: sizes.width, outputs: sizes.answers) : nil
  }

  /// Records the layers.
  ///
  /// - Parameters:
  ///   - shown: The noisy chunk in each frame, [frames, …].
  ///   - observed: What is observed from each frame, [frames, …].
  ///   - context: What is the same for all frames; nil for nothing.
  /// - Returns: A row for each frame.
  func callAsFunction(shown: Node?, observed: Node, context: Node?) -> Result {
    let shown = [shown].compactMap { $0 }
    let halved = 1 / Float(2).squareRoot()
    var x = layers[0](shown + [observed], context)
    for layer in layers.dropFirst() {
      let scaled = x * halved
      x = layer(shown + [scaled], context) + scaled
    }
    return Result(
      hidden: x,
      answers: answer.map {
        $0([x] + shown).reshaped([x.rows, sizes.answers, sizes.actionWidth])
      },
      logits: logit.map { $0(x) })
  }
}
