public import Neural

/// A diffusion transformer: tokens of the noisy chunk that are normalised as observation and noise
/// step say.
///
/// ```
/// noisy chunk ─ linear ─ + positions ─ [block] × blocks ─ final layer ─ prediction
///                                          ↑                  ↑
/// condition: embedded t + embedded observation ───────────────┘
///
/// block: x + gate₁ · attention(LN(x) · (1 + scale₁) + shift₁)
///        x + gate₂ · feed-forward(LN(x) · (1 + scale₂) + shift₂)
///        shifts, scales and gates: a linear map of SiLU(condition), 0 at the start
/// ```
///
/// With all modulations 0 a block is the identity, which lets deep stacks begin to learn.
///
/// Source: Peebles & Xie, "Scalable diffusion models with transformers", ICCV 2023, section 3.2
/// (adaLN-Zero).
public struct DiT: Backbone {
  /// The name by which it is chosen.
  public static let name = "dit"
  /// What it is.
  public static let summary = "a transformer with adaptive normalisation (adaLN-Zero)"

  /// The width of tokens.
  public var width: Int
  /// The number of blocks.
  public var blocks: Int
  /// The heads of each attention; they divide the width.
  public var heads: Int

  /// Creates a backbone for two cores: 4 blocks of 128; published sizes begin at 8 of 256.
  public init() { self.init(width: 128) }

  /// Creates a backbone.
  public init(width: Int, blocks: Int = 4, heads: Int = 4) {
    self.width = width
    self.blocks = blocks
    self.heads = heads
  }

  /// Checks the sizes.
  public func validate() throws {
    try ImitationError.check("transformer width", width, 1...65_536)
    try ImitationError.check("transformer blocks", blocks, 1...1000)
    guard heads > 0, width.isMultiple(of: heads) else {
      throw ImitationError.optionOutOfRange(
        name: "the number of heads", value: "\(heads)", range: "a divisor of the width \(width)")
    }
  }

  /// The sizes in words.
  public var words: String? { "\(blocks) DiT blocks of width \(width) with \(heads) heads" }

  /// Declares embeddings, positions, blocks and the final layer.
  public func network(_ sizes: BackboneSizes, _ scope: ParameterScope) -> any BackboneNetwork {
    DiTNetwork(self, sizes, scope)
  }

  /// Sines and cosines of t.
  public func timeFeatures(step: Int, of total: Int) -> [Float] { NoiseStepFeatures.sinusoid(step) }
}

/// A linear map of SiLU(condition) that starts at 0, to slices as wide as tokens.
private struct DiTModulation {
  private let linear: Linear

  init(_ scope: ParameterScope, width: Int, slices: Int) {
    linear = Linear(
      scope, inputs: width, outputs: slices * width, initialiser: .zeros)
  }

  func callAsFunction(_ condition: Node) -> Node { linear(Activation.silu(condition)) }
}

/// One block of a ``DiT``.
package struct DiTBlock {
  private let modulation: DiTModulation
  private let qkv, project, up, down: Linear
  private let width, heads: Int

  /// Declares `modulation`, `qkv`, `project`, `up` and `down`.
  package init(_ scope: ParameterScope, width: Int, heads: Int) {
    (self.width, self.heads) = (width, heads)
    modulation = DiTModulation(scope["modulation"], width: width, slices: 6)
    qkv = Linear(scope["qkv"], inputs: width, outputs: 3 * width)
    project = Linear(scope["project"], inputs: width, outputs: width)
    up = Linear(scope["up"], inputs: width, outputs: 4 * width)
    down = Linear(scope["down"], inputs: 4 * width, outputs: width)
  }

  /// Records the block: tokens [tokens, width], condition [width].
  package func callAsFunction(_ tokens: Node, _ condition: Node) -> Node {
    let told = modulation(condition)
    func normalised(_ x: Node, from slice: Int) -> Node {
      x.normalised(epsilon: 1e-6).modulated(
        by: told, scale: (slice + 1) * width, shift: slice * width, offset: 1)
    }
    func gated(_ x: Node, by slice: Int) -> Node { x.modulated(by: told, scale: slice * width) }
    let seen = project(qkv(normalised(tokens, from: 0)).attention(heads: heads))
    let x = tokens + gated(seen, by: 2)
    return x + gated(down(Activation.geluTanh(up(normalised(x, from: 3)))), by: 5)
  }
}

/// What reads the tokens of a ``DiT``: a modulated normalisation and a linear map.
package struct DiTFinal {
  private let modulation: DiTModulation
  private let head: Linear
  private let width: Int

  /// Declares `modulation` and `head`.
  package init(_ scope: ParameterScope, width: Int, outputs: Int) {
    self.width = width
    modulation = DiTModulation(scope["modulation"], width: width, slices: 2)
    head = Linear(scope["head"], inputs: width, outputs: outputs)
  }

  /// Records the layer: tokens [tokens, width], condition [width].
  package func callAsFunction(_ tokens: Node, _ condition: Node) -> Node {
    head(
      tokens.normalised(epsilon: 1e-6).modulated(
        by: modulation(condition), scale: width, shift: 0, offset: 1))
  }
}

private struct DiTNetwork: BackboneNetwork {
  private let observation: Embedding
  private let time: Embedding?
  private let actions: Linear?
  private let positions: Parameter
  private let blocks: [DiTBlock]
  private let final: DiTFinal
  /// Whether the outputs are the tokens' own; otherwise they are read from the tokens' mean.
  private let isChunk: Bool
  private let width: Int

  init(_ dit: DiT, _ sizes: BackboneSizes, _ scope: ParameterScope) {
    width = dit.width
    observation = Embedding(scope["observation"], inputs: sizes.windowWidth, width: width)
    time =
      sizes.timeFeatures > 0
      ? Embedding(scope["time"], inputs: sizes.timeFeatures, width: width) : nil
    actions =
      sizes.noisyActions > 0
      ? Linear(scope["noisy_actions"], inputs: sizes.actionWidth, outputs: width) : nil
    // Without a noisy chunk the tokens are their positions: one for each action, if outputs are
    // actions.
    let answers = sizes.outputs / max(sizes.actionWidth, 1)
    isChunk =
      sizes.outputs == answers * sizes.actionWidth
      && (sizes.noisyActions == 0 || sizes.noisyActions == answers)
    let tokens = sizes.noisyActions > 0 ? sizes.noisyActions : isChunk ? answers : 1
    positions = scope["noisy_actions"].declare(
      "positions", shape: [tokens, width], initialiser: .normal(standardDeviation: 0.02))
    blocks = (0..<dit.blocks).map {
      DiTBlock(scope["blocks"][$0], width: dit.width, heads: dit.heads)
    }
    final = DiTFinal(
      scope["final"], width: width, outputs: isChunk ? sizes.actionWidth : sizes.outputs)
  }

  func callAsFunction(_ inputs: BackboneInputs) -> Node {
    var condition = observation(inputs.observation.flattened)
    if let time, let features = inputs.time { condition = time(features) + condition }
    var x: Node
    if let actions, let chunk = inputs.noisyActions {
      x = actions(chunk).shifted(by: positions)
    } else {
      let tokens = positions.shape[0]
      x = Node.tokens(Array(repeating: (condition * 0).reshaped([1, width]), count: tokens))
        .shifted(by: positions)
    }
    for block in blocks { x = block(x, condition) }
    if !isChunk {
      x = x.reshaped([x.rows, 1, width]).meanPooled.reshaped([1, width])
    }
    return final(x, condition).flattened
  }
}
