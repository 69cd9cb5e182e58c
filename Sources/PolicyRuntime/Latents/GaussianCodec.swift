internal import Foundation
internal import Neural

/// A codec of normal distributions: an encoder q(z | A, c) and a decoder p(A | z, c) whose
/// deviation is the same wherever it stands, one number for each value of a chunk.
///
/// A deviation that is learnt with the rest weighs the error of chunks against the divergence of
/// latents as the bound itself has it.
///
/// Source: Kingma & Welling, "Auto-encoding variational Bayes", 2014; for the deviation Rybkin et
/// al., "Simple and effective VAE training with calibrated decoders", ICML 2021.
struct GaussianCodec {
  /// The numbers of a latent.
  let width: Int
  private let encoder, decoder: HiddenLayers
  /// Whether the means of latents stay within ±1.
  private let isBounded: Bool
  /// ln σ² of each of the chunk's values, before its bounds, divided by ``gain``.
  private let spread: Parameter

  /// The optimiser moves a number that stands alone no faster than a weight.
  private static let gain: Float = 10

  /// Declares `encoder`, `decoder` and `log_variance`.
  ///
  /// - Parameters:
  ///   - scope: Where to declare.
  ///   - chunk: The number of a chunk's values.
  ///   - latent: The number of a latent's.
  ///   - context: The number of features of what is seen, c; 0 for none.
  ///   - layers: The sizes of encoder and decoder.
  ///   - isBounded: Whether the means of latents stay within ±1.
  init(
    _ scope: ParameterScope, chunk: Int, latent: Int, context: Int, layers: CodecLayers,
    isBounded: Bool = false
  ) {
    width = latent
    self.isBounded = isBounded
    encoder = layers.layers(scope["encoder"], inputs: chunk + context, outputs: 2 * latent)
    decoder = layers.layers(scope["decoder"], inputs: latent + context, outputs: chunk)
    spread = scope.declare(
      "log_variance", shape: [chunk], initialiser: .uniform(bound: 0.1))
  }

  /// q(z | A, c): means, then log variances.
  func posterior(_ chunk: Node, _ context: Node? = nil) -> Node {
    let normal = Self.normal(context.map { encoder(chunk, $0) } ?? encoder(chunk))
    guard isBounded else { return normal }
    return Node.concatenation([
      Activation.tanh(normal.columns(0..<width)), normal.columns(width..<2 * width),
    ])
  }

  /// The mean of p(A | z, c).
  func decoded(_ latent: Node, _ context: Node? = nil) -> Node {
    context.map { decoder(latent, $0) } ?? decoder(latent)
  }

  /// −ln p(A | z, c) a value, for the mean that ``decoded(_:_:)`` has made.
  func error(_ decoded: Node, of chunk: Node) -> Node {
    let spreads = (decoded * 0).shifted(by: spread) * Self.gain
    return Node.concatenation([decoded, spreads])
      .gaussianNegativeLogLikelihood(of: chunk.flattened)
  }

  /// σ of each of the chunk's values.
  func deviations(_ weights: Weights) -> [Float] {
    let raw = weights[spread].map { $0 * Self.gain }
    var result = raw
    raw.withUnsafeBufferPointer { raw in
      result.withUnsafeMutableBufferPointer { DiagonalGaussian.writeDeviations($0, from: raw) }
    }
    return result
  }

  /// A diagonal normal distribution from a network's outputs: means, then log variances within ±6.
  static func normal(_ outputs: Node) -> Node {
    let half = outputs.width / 2
    let limit: Float = 6
    return Node.concatenation([
      outputs.columns(0..<half),
      Activation.tanh(outputs.columns(half..<2 * half) * (1 / limit)) * limit,
    ])
  }

  /// A draw: mean + e^(s/2)·noise.
  static func draw(_ normal: Node, noise: Node) -> Node {
    let half = normal.width / 2
    let deviation = Activation.exponential(normal.columns(half..<2 * half) * 0.5)
    return normal.columns(0..<half) + deviation * noise
  }
}
