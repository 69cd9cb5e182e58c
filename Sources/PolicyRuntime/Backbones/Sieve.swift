import Foundation
public import Neural

/// The "MLP sieve" of Diffusion BC: embeddings of everything first, then hidden layers that are
/// each shown the noisy action and the noise step again.
///
/// ```
/// observation ── embed ─┐
/// noisy action ─ embed ─┼─ layer ──────┬─ layer ──────┬─ layer ──────┬─ linear ─ outputs
/// t ──────────── embed ─┘              │      ↑       │      ↑       │      ↑
///                                      └─ /√2 ┴ +     └─ /√2 ┴ +     └──────┴─ a_t, embedded t
///
/// embed: linear ─ GELU ─ linear        layer: linear ─ layer norm ─ GELU
/// ```
///
/// The published code normalises over the batch; here an answer may not depend on the other samples
/// of its batch, so each layer is normalised over its own values.
///
/// Source: Pearce et al., "Imitating human behaviour with diffusion models", ICLR 2023, section 4.
public struct Sieve: Backbone {
  /// The name by which it is chosen.
  public static let name = "sieve"
  /// What it is.
  public static let summary = "hidden layers that are shown the noisy action again"

  /// The width of hidden layers.
  public var hiddenWidth: Int
  /// The number of hidden layers.
  public var depth: Int
  /// The width of embeddings of observation, noisy actions and noise step.
  public var embeddingWidth: Int

  /// Creates a backbone with three layers of 256 and embeddings of 128.
  public init() { self.init(hiddenWidth: 256) }

  /// Creates a backbone.
  public init(hiddenWidth: Int, depth: Int = 3, embeddingWidth: Int = 128) {
    self.hiddenWidth = hiddenWidth
    self.depth = depth
    self.embeddingWidth = embeddingWidth
  }

  /// Checks the sizes.
  public func validate() throws {
    try MLP(hiddenWidth: hiddenWidth, depth: depth).validate()
    try ImitationError.check("embedding width", embeddingWidth, 1...65_536)
  }

  /// The sizes in words.
  public var words: String? { MLP(hiddenWidth: hiddenWidth, depth: depth).words }

  /// Declares embeddings, hidden layers and `output`.
  public func network(_ sizes: BackboneSizes, _ scope: ParameterScope) -> any BackboneNetwork {
    SieveNetwork(self, sizes, scope)
  }

  /// Sines and cosines of t.
  public func timeFeatures(step: Int, of total: Int) -> [Float] { NoiseStepFeatures.sinusoid(step) }
}

private struct SieveNetwork: BackboneNetwork {
  /// A hidden layer.
  private struct Layer {
    let linear: Linear
    let norm: LayerNorm

    init(_ scope: ParameterScope, inputs: Int, width: Int) {
      linear = Linear(scope["linear"], inputs: inputs, outputs: width)
      norm = LayerNorm(scope["norm"], width: width)
    }

    func callAsFunction(_ inputs: [Node]) -> Node { Activation.gelu(norm(linear(inputs))) }
  }

  private let observation: Embedding
  private let noisyActions: Embedding?
  private let time: Embedding?
  private let hidden: [Layer]
  let output: Linear

  init(_ sieve: Sieve, _ sizes: BackboneSizes, _ scope: ParameterScope) {
    let (width, embedded) = (sieve.hiddenWidth, sieve.embeddingWidth)
    let chunk = sizes.chunkWidth
    observation = Embedding(scope["observation"], inputs: sizes.windowWidth, width: embedded)
    noisyActions =
      chunk > 0 ? Embedding(scope["noisy_actions"], inputs: chunk, width: embedded) : nil
    time =
      sizes.timeFeatures > 0
      ? Embedding(scope["time"], inputs: sizes.timeFeatures, width: embedded) : nil
    let embeddings = embedded * (1 + (noisyActions == nil ? 0 : 1) + (time == nil ? 0 : 1))
    let shownAgain = chunk + (time == nil ? 0 : embedded)
    hidden = (0..<sieve.depth).map { layer in
      Layer(
        scope["hidden"][layer], inputs: layer == 0 ? embeddings : width + shownAgain, width: width)
    }
    output = Linear(scope["output"], inputs: width + shownAgain, outputs: sizes.outputs)
  }

  func callAsFunction(_ inputs: BackboneInputs) -> Node {
    let noisy = inputs.noisyActions?.flattened
    let embeddedTime = inputs.time.flatMap { input in time.map { $0(input) } }
    let embeddedNoisy = noisy.flatMap { input in noisyActions.map { $0(input) } }
    let shownAgain = [noisy, embeddedTime].compactMap { $0 }
    let halved = 1 / Float(2).squareRoot()

    var x = hidden[0](
      [observation(inputs.observation.flattened), embeddedNoisy, embeddedTime].compactMap { $0 })
    for layer in hidden.dropFirst() {
      let scaled = x * halved
      x = layer([scaled] + shownAgain) + scaled
    }
    return output([x] + shownAgain)
  }
}

/// Two layers that embed one input.
struct Embedding {
  private let first: Linear
  private let second: Linear

  init(_ scope: ParameterScope, inputs: Int, width: Int) {
    first = Linear(scope[0], inputs: inputs, outputs: width)
    second = Linear(scope[1], inputs: width, outputs: width)
  }

  func callAsFunction(_ x: Node) -> Node { second(Activation.gelu(first(x))) }
}

/// What networks are told of a noise step.
enum NoiseStepFeatures {
  /// Sines, then cosines, of t at wavelengths 2π · 10⁴^(i/16), i in 0…15.
  ///
  /// Source: Vaswani et al. 2017, section 3.5.
  static func sinusoid(_ step: Int) -> [Float] {
    let half = 16
    let angles = (0..<half).map { Double(step) * exp(-log(10_000) * Double($0) / Double(half)) }
    return angles.map { Float(sin($0)) } + angles.map { Float(cos($0)) }
  }
}
