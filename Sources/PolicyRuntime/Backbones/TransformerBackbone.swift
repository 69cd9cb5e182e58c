import Foundation
public import Neural

/// The transformer of Diffusion BC: the noise step, each observation and each action of the chunk is
/// a token; pre-norm blocks let them attend to each other.
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
public struct TransformerBackbone: Backbone {
  /// How large a transformer is.
  public struct Configuration: Codable, Sendable, Hashable {
    /// The width of tokens.
    public var width: Int
    /// The number of blocks.
    public var blocks: Int
    /// The number of attention heads.
    public var heads: Int
    /// The width of each head.
    public var headWidth: Int

    /// Creates a configuration: the published sizes.
    public init(width: Int = 64, blocks: Int = 4, heads: Int = 16, headWidth: Int = 64) {
      self.width = width
      self.blocks = blocks
      self.heads = heads
      self.headWidth = headWidth
    }
  }

  /// Attention, then a feed-forward network for each token, both beside a residual path.
  private struct Block {
    let attentionNorm, expansionNorm: LayerNorm
    let attention: SelfAttention
    let expansion, contraction: Linear

    init(_ scope: ParameterScope, _ sizes: Configuration) {
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

  private let observation: Linear
  private let observationPositions: Parameter
  private let noisyActions: Linear?
  private let actionPositions: Parameter?
  private let time: Linear?
  private let blocks: [Block]
  private let norm: LayerNorm
  private let output: Linear
  private let isReadFromActions: Bool

  /// Declares token embeddings, positions, blocks and `output`.
  public init(
    _ configuration: BackboneConfiguration, _ sizes: BackboneSizes, _ scope: ParameterScope
  ) {
    let transformer = configuration.transformer
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

  /// Records the network.
  public func callAsFunction(_ inputs: BackboneInputs) -> Node {
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

  /// Sines and cosines of t, as the sieve's.
  public static func timeFeatures(step: Int, of total: Int) -> [Float] {
    SieveBackbone.timeFeatures(step: step, of: total)
  }
}
