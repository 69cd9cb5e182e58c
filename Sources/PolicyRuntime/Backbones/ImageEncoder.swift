internal import Neural

/// A convolutional network from images to features, the same for every image of a window.
///
/// ```
/// image ─ [3×3 convolution, stride 2 ─ group norm ─ GELU ─ residual blocks] × stages ─ pooling
///
/// residual block: x ─ convolution ─ group norm ─ GELU ─ convolution ─ group norm ─ (+ x) ─ GELU
/// ```
///
/// Group instead of batch normalisation and a spatial softmax instead of a mean, as in Chi et al.,
/// "Diffusion policy", RSS 2023, section III-B; blocks are those of its ResNet-18 (He et al. 2016)
/// at sizes for two cores.
struct ImageEncoder {
  /// A convolution and its normalisation.
  private struct NormalisedConvolution {
    let convolution: Convolution
    let norm: GroupNorm?

    init(_ scope: ParameterScope, inputs: Int, outputs: Int, stride: Int = 1, groups: Int) {
      convolution = Convolution(
        scope["convolution"], inputs: inputs, outputs: outputs, stride: stride,
        hasBias: groups == 0)
      norm = groups > 0 ? GroupNorm(scope["norm"], channels: outputs, groups: groups) : nil
    }

    func callAsFunction(_ x: Node) -> Node {
      let y = convolution(x)
      return norm.map { $0(y) } ?? y
    }
  }

  private struct Block {
    let first, second: NormalisedConvolution

    init(_ scope: ParameterScope, channels: Int, groups: Int) {
      first = NormalisedConvolution(
        scope["first"], inputs: channels, outputs: channels, groups: groups)
      second = NormalisedConvolution(
        scope["second"], inputs: channels, outputs: channels, groups: groups)
    }

    func callAsFunction(_ x: Node) -> Node {
      Activation.gelu(second(Activation.gelu(first(x))) + x)
    }
  }

  private struct Stage {
    let halving: NormalisedConvolution
    let blocks: [Block]

    func callAsFunction(_ x: Node) -> Node {
      blocks.reduce(Activation.gelu(halving(x))) { x, block in block(x) }
    }
  }

  private let stages: [Stage]
  private let pooling: ImagePooling
  /// The number of features of one image.
  let width: Int

  /// Declares the stages `0` ….
  ///
  /// - Parameters:
  ///   - configuration: A valid configuration.
  ///   - channels: The channels of the images.
  ///   - scope: Where to declare.
  init(_ configuration: ImageConfiguration, channels: Int, _ scope: ParameterScope) {
    let groups = configuration.groups
    let inputs = [channels] + configuration.channels
    stages = configuration.channels.enumerated().map { index, outputs in
      let halving = NormalisedConvolution(
        scope[index], inputs: inputs[index], outputs: outputs, stride: 2, groups: groups)
      let blocks = (0..<(configuration.blocks?[index] ?? 0)).map {
        Block(scope[index]["blocks"][$0], channels: outputs, groups: groups)
      }
      return Stage(halving: halving, blocks: blocks)
    }
    pooling = configuration.pooling
    let last = configuration.channels.last ?? channels
    width = pooling == .average ? last : 2 * last
  }

  /// Records the encoder.
  ///
  /// - Parameter images: [To, height, width, channels].
  /// - Returns: The features, [To, ``width``].
  func callAsFunction(_ images: Node) -> Node {
    let x = stages.reduce(images) { x, stage in stage(x) }
    return pooling == .average ? x.meanPooled : x.spatialSoftmax
  }
}
