import Foundation
public import Neural

/// The transformer of Diffusion BC: the noise step, each observation and each action of the chunk
/// is a token; pre-norm blocks let them attend to each other.
///
/// ```
/// t ──────────────── linear ─┐
/// observation 1…To ─ linear ─┼─ + positions ─ [block] × blocks ─ norm ─ linear ─ outputs
/// action 1…Tp ────── linear ─┘
///
/// block: x + attention(norm(x)), then x + linear(GELU(linear(norm(x)))), four times as wide inside
/// ```
///
/// A denoiser's outputs are read from the action tokens, one action each; whatever else a method
/// predicts (a regression, logits, an energy) from the last token, which is the latest observation
/// where there is no noisy chunk.
///
/// The published code stacks redundant linear maps; here projections go straight from the width of
/// tokens to heads × head width and back, the same functions.
///
/// Source: Pearce et al., "Imitating human behaviour with diffusion models", ICLR 2023, section 4;
/// Xiong et al., "On layer normalization in the transformer architecture", 2020.
public struct Transformer: Backbone {
  /// The name by which it is chosen.
  public static let name = "transformer"
  /// What it is.
  public static let summary = "attention between noise step, observations and actions"

  /// The width of tokens.
  public var width: Int
  /// The number of blocks.
  public var blocks: Int
  /// The number of attention heads.
  public var heads: Int
  /// The width of each head.
  public var headWidth: Int

  /// Creates a backbone of the published sizes.
  public init() { self.init(width: 64) }

  /// Creates a backbone.
  public init(width: Int, blocks: Int = 4, heads: Int = 16, headWidth: Int = 64) {
    self.width = width
    self.blocks = blocks
    self.heads = heads
    self.headWidth = headWidth
  }

  /// Checks the sizes.
  public func validate() throws {
    try ImitationError.check("the transformer's width", width, 1...65_536)
    try ImitationError.check("the transformer's blocks", blocks, 1...1000)
    try ImitationError.check("the transformer's heads", heads, 1...1024)
    try ImitationError.check("the transformer's head width", headWidth, 1...4096)
  }

  /// The sizes in words.
  public var words: String? {
    "\(blocks) transformer blocks of width \(width) with \(heads) heads of \(headWidth)"
  }

  /// Declares token embeddings, positions, blocks and `output`.
  public func network(_ sizes: BackboneSizes, _ scope: ParameterScope) -> any BackboneNetwork {
    TransformerNetwork(self, sizes, scope)
  }

  /// Sines and cosines of t.
  public func timeFeatures(step: Int, of total: Int) -> [Float] { NoiseStepFeatures.sinusoid(step) }
}

private struct TransformerNetwork: BackboneNetwork {
  /// Attention, then a feed-forward network for each token, both beside a residual path.
  private struct Block {
    let attentionNorm, expansionNorm: LayerNorm
    let attention: SelfAttention
    let expansion, contraction: Linear

    init(_ scope: ParameterScope, _ sizes: Transformer) {
      attentionNorm = LayerNorm(scope["norm"][0], width: sizes.width)
      attention = SelfAttention(
        scope["attention"], width: sizes.width, heads: sizes.heads, headWidth: sizes.headWidth)
      expansionNorm = LayerNorm(scope["norm"][1], width: sizes.width)
      expansion = Linear(scope["feed_forward"][0], inputs: sizes.width, outputs: 4 * sizes.width)
      contraction = Linear(scope["feed_forward"][1], inputs: 4 * sizes.width, outputs: sizes.width)
    }

    func callAsFunction(_ tokens: Node, read: Range<Int>) -> Node {
      let x = tokens.tokens(read) + attention(attentionNorm(tokens), queries: read)
      return x + contraction(Activation.gelu(expansion(expansionNorm(x))))
    }
  }

  let observation: Linear
  let observationPositions: Parameter
  let noisyActions: Linear?
  let actionPositions: Parameter?
  let time: Linear?
  private let blocks: [Block]
  let norm: LayerNorm
  let output: Linear
  let isReadFromActions: Bool

  init(_ transformer: Transformer, _ sizes: BackboneSizes, _ scope: ParameterScope) {
    let width = transformer.width
    func positions(_ name: String, _ tokens: Int) -> Parameter {
      scope[name].declare(
        "positions", shape: [tokens, width], initialiser: .normal(standardDeviation: 0.02))
    }
    let denoises = sizes.noisyActions > 0
    observation = Linear(
      scope["observation"], inputs: sizes.observationWidth, outputs: width)
    observationPositions = positions("observation", sizes.observations)
    noisyActions =
      denoises ? Linear(scope["noisy_actions"], inputs: sizes.actionWidth, outputs: width) : nil
    actionPositions = denoises ? positions("noisy_actions", sizes.noisyActions) : nil
    time =
      sizes.timeFeatures > 0
      ? Linear(scope["time"], inputs: sizes.timeFeatures, outputs: width) : nil
    blocks = (0..<transformer.blocks).map { Block(scope["blocks"][$0], transformer) }
    norm = LayerNorm(scope["norm"], width: width)
    isReadFromActions = denoises && sizes.outputs == sizes.chunkWidth
    output = Linear(
      scope["output"], inputs: width,
      outputs: isReadFromActions ? sizes.actionWidth : sizes.outputs)
  }

  func callAsFunction(_ inputs: BackboneInputs) -> Node {
    var tokens = [observation(inputs.observation).shifted(by: observationPositions)]
    if let time, let features = inputs.time {
      tokens.insert(time(features).reshaped([1, norm.width]), at: 0)
    }
    if let noisyActions, let actionPositions, let chunk = inputs.noisyActions {
      tokens.append(noisyActions(chunk).shifted(by: actionPositions))
    }
    var x = Node.tokens(tokens)
    let all = 0..<x.rows
    let read = all.suffix(isReadFromActions ? tokens[tokens.count - 1].rows : 1)
    for block in blocks.dropLast() { x = block(x, read: all) }
    x = blocks.last.map { $0(x, read: read) } ?? x.tokens(read)
    return output(norm(x)).flattened
  }
}
