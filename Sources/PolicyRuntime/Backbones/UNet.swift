public import EnvironmentInterface
import Foundation
public import Neural

/// The 1-D temporal U-Net of Diffusion Policy: convolutions along the chunk at several scales, each
/// told what is seen and how noisy the chunk is.
///
/// ```
/// noisy chunk ─ [block ─ block ─ down] ─ [block ─ block ─ down] ─ [block ─ block] ─ block ─ block┐
///                                └───────────────┐        └──────────────────┐                   │
/// prediction ─ conv 1 ─ conv block ─ [up ─ block ─ block ─ (+)] ─ [up ─ block ─ block ─ (+)] ────┘
///
/// block: conv block ─ FiLM ─ conv block, beside a residual path    FiLM: scale · h + bias
/// conv block: convolution of 5 ─ group norm of 8 ─ Mish       from Mish([embedded t, observation])
/// ```
///
/// The layers' names and shapes are those of the published code, so that its weights can be read;
/// so are its habits: the scale of FiLM is no 1 + scale, the last convolution block has 8 groups,
/// the last level on the way up upsamples as well, and the first level's own skip is never used.
///
/// Source: Chi et al., "Diffusion policy: visuomotor policy learning via action diffusion", RSS
/// 2023, and its `conditional_unet1d.py`; Janner et al. 2022.
public struct UNet: Backbone {
  /// The name by which it is chosen.
  public static let name = "unet"
  /// What it is.
  public static let summary = "convolutions along the chunk at several scales"

  /// The channels of each level; a level has half of the steps of the one before.
  public var widths: [Int]
  /// The steps that a convolution spans; odd.
  public var kernel: Int
  /// The groups of the normalisations, which divide every width.
  public var groups: Int
  /// The features of the noise step: as many sines as cosines.
  public var stepFeatures: Int

  /// Creates a backbone for two cores: widths 48, 96, 96; the published ones are 256, 512, 1024 for
  /// states and 512, 1024, 2048 for images.
  public init() { self.init(widths: [48, 96, 96]) }

  /// Creates a backbone.
  public init(widths: [Int], kernel: Int = 5, groups: Int = 8, stepFeatures: Int = 128) {
    self.widths = widths
    self.kernel = kernel
    self.groups = groups
    self.stepFeatures = stepFeatures
  }

  /// Checks the sizes.
  public func validate() throws {
    try ImitationError.check("the number of the U-Net's widths", widths.count, 2...8)
    try ImitationError.check("U-Net groups", groups, 1...1024)
    try ImitationError.check("the features of the noise step", stepFeatures, 4...4096)
    for width in widths {
      guard width > 0, width <= GroupNorm.channelLimit, width.isMultiple(of: groups) else {
        throw ImitationError.optionOutOfRange(
          name: "a width of the U-Net", value: "\(width)",
          range: "a multiple of its \(groups) groups, at most \(GroupNorm.channelLimit)")
      }
    }
    guard widths[0].isMultiple(of: Self.lastGroups), stepFeatures.isMultiple(of: 2) else {
      throw ImitationError.optionOutOfRange(
        name: "the first width of the U-Net", value: "\(widths[0])",
        range: "a multiple of \(Self.lastGroups), with an even number of noise step features")
    }
    guard (1...31).contains(kernel), !kernel.isMultiple(of: 2) else {
      throw ImitationError.optionOutOfRange(
        name: "the U-Net's kernel", value: "\(kernel)", range: "an odd number, 1…31")
    }
  }

  /// The groups of the last convolution block, whatever the others have.
  static let lastGroups = 8

  /// Checks that every level can halve the chunk.
  ///
  /// - Throws: ``ImitationError/optionOutOfRange(name:value:range:)`` with the nearest horizons.
  public func fitted(
    to normalizer: Normalizer, shape: PolicyShape, environment: EnvironmentDescription?
  ) throws -> UNet {
    let unit = 1 << (widths.count - 1)
    let steps = shape.horizons.prediction
    let below = steps / unit * unit
    guard below == steps else {
      throw ImitationError.optionOutOfRange(
        name: "the prediction horizon", value: "\(steps)",
        range: "a multiple of \(unit) for a U-Net of \(widths.count) levels, such as "
          + (below > 0 ? "\(below) or \(below + unit)" : "\(unit)"))
    }
    return self
  }

  /// The sizes in words.
  public var words: String? {
    "a U-Net of widths " + widths.map { "\($0)" }.joined(separator: ", ")
  }

  /// Declares the levels down, the middle, the levels up and the last convolutions.
  public func network(_ sizes: BackboneSizes, _ scope: ParameterScope) -> any BackboneNetwork {
    UNetNetwork(self, sizes, scope)
  }

  /// Sines, then cosines, of t − 1 at wavelengths 2π · 10⁴^(i/(half − 1)).
  public func timeFeatures(step: Int, of total: Int) -> [Float] {
    let half = stepFeatures / 2
    let angles = (0..<half).map {
      Double(step - 1) * exp(-log(10_000) * Double($0) / Double(half - 1))
    }
    return angles.map { Float(sin($0)) } + angles.map { Float(cos($0)) }
  }
}

private struct UNetNetwork: BackboneNetwork {
  private struct Level {
    let first, second: UNetBlock
    var down: Convolution1D?
    var up: TransposedConvolution1D?

    func callAsFunction(_ x: Node, _ condition: Node) -> Node {
      second(first(x, condition), condition)
    }
  }

  private let step: (first: Linear, second: Linear)?
  private let down, up: [Level]
  private let middle: Level
  private let last: UNetConvolution
  private let output: Convolution1D
  /// For outputs that are not a chunk.
  private let head: Linear?
  /// What stands for the noisy chunk of a method without.
  private let nothing: ConstantMap?
  private let steps, actionWidth: Int

  init(_ net: UNet, _ sizes: BackboneSizes, _ scope: ParameterScope) {
    let isTimed = sizes.timeFeatures > 0
    let condition = sizes.windowWidth + (isTimed ? net.stepFeatures : 0)
    func level(_ scope: ParameterScope, _ inputs: Int, _ outputs: Int) -> Level {
      Level(
        first: UNetBlock(scope[0], net, inputs: inputs, outputs: outputs, condition: condition),
        second: UNetBlock(scope[1], net, inputs: outputs, outputs: outputs, condition: condition))
    }
    let (count, all) = (net.widths.count, [sizes.actionWidth] + net.widths)
    middle = level(scope["mid_modules"], all[count], all[count])
    let encoder = scope["diffusion_step_encoder"]
    step =
      isTimed
      ? (
        Linear(encoder[1], inputs: net.stepFeatures, outputs: 4 * net.stepFeatures),
        Linear(encoder[3], inputs: 4 * net.stepFeatures, outputs: net.stepFeatures)
      ) : nil
    up = (0..<count - 1).map { index in
      let (scope, from, to) = (
        scope["up_modules"][index], all[count - index], all[count - 1 - index]
      )
      var up = level(scope, 2 * from, to)
      up.up = TransposedConvolution1D(
        scope[2]["conv"], inputs: to, outputs: to, kernel: 4, stride: 2, padding: 1)
      return up
    }
    down = (0..<count).map { index in
      let scope = scope["down_modules"][index]
      var down = level(scope, all[index], all[index + 1])
      if index < count - 1 {
        down.down = Convolution1D(
          scope[2]["conv"], inputs: all[index + 1], outputs: all[index + 1], kernel: 3, stride: 2,
          padding: 1)
      }
      return down
    }
    last = UNetConvolution(
      scope["final_conv"][0]["block"], inputs: net.widths[0], outputs: net.widths[0],
      kernel: net.kernel, groups: UNet.lastGroups)
    output = Convolution1D(
      scope["final_conv"][1], inputs: net.widths[0], outputs: sizes.actionWidth, kernel: 1)
    let unit = 1 << (count - 1)
    let answers = sizes.outputs / max(sizes.actionWidth, 1)
    let isChunk =
      sizes.outputs == answers * sizes.actionWidth && answers.isMultiple(of: unit)
      && (sizes.noisyActions == 0 || sizes.noisyActions == answers)
    steps = sizes.noisyActions > 0 ? sizes.noisyActions : isChunk ? answers : unit
    actionWidth = sizes.actionWidth
    head = isChunk ? nil : Linear(scope["head"], inputs: all[count], outputs: sizes.outputs)
    nothing =
      sizes.noisyActions > 0
      ? nil
      : ConstantMap(
        scope["nothing"], inputs: 1,
        outputs: Array(repeating: ConstantMap.Output(nil), count: steps * sizes.actionWidth))
  }

  func callAsFunction(_ inputs: BackboneInputs) -> Node {
    let seen = inputs.observation.flattened
    var condition = seen
    if let step, let features = inputs.time {
      let embedded = step.second(Activation.mish(step.first(features)))
      condition = Node.concatenation([embedded, seen])
    }
    condition = Activation.mish(condition)
    var x =
      inputs.noisyActions
      ?? nothing.map { $0(seen.columns(0..<1)).reshaped([steps, actionWidth]) } ?? seen
    var skips: [Node] = []
    for level in down {
      x = level(x, condition)
      skips.append(x)
      x = level.down.map { $0(x) } ?? x
    }
    x = middle(x, condition)
    if let head { return head(x.reshaped([x.rows, 1, x.width]).meanPooled.flattened) }
    for level in up {
      x = level(Node.concatenation([x, skips.removeLast()]), condition)
      x = level.up.map { $0(x) } ?? x
    }
    return output(last(x)).flattened
  }
}

/// A convolution, group normalisation and Mish.
private struct UNetConvolution {
  private let convolution: Convolution1D
  private let norm: GroupNorm

  init(_ scope: ParameterScope, inputs: Int, outputs: Int, kernel: Int, groups: Int) {
    convolution = Convolution1D(scope[0], inputs: inputs, outputs: outputs, kernel: kernel)
    norm = GroupNorm(scope[1], channels: outputs, groups: groups)
  }

  func callAsFunction(_ x: Node) -> Node {
    let y = convolution(x)
    return Activation.mish(norm(y.reshaped([1, y.rows, y.width]))).reshaped(y.shape)
  }
}

/// Two convolution blocks beside a residual path, with the condition's FiLM between them.
private struct UNetBlock {
  private let first, second: UNetConvolution
  private let film: Linear
  private let residual: Convolution1D?
  private let width: Int

  init(_ scope: ParameterScope, _ net: UNet, inputs: Int, outputs: Int, condition: Int) {
    func block(_ index: Int, _ inputs: Int) -> UNetConvolution {
      UNetConvolution(
        scope["blocks"][index]["block"], inputs: inputs, outputs: outputs, kernel: net.kernel,
        groups: net.groups)
    }
    (first, second, width) = (block(0, inputs), block(1, outputs), outputs)
    film = Linear(scope["cond_encoder"][1], inputs: condition, outputs: 2 * outputs)
    residual =
      inputs == outputs
      ? nil : Convolution1D(scope["residual_conv"], inputs: inputs, outputs: outputs, kernel: 1)
  }

  func callAsFunction(_ x: Node, _ condition: Node) -> Node {
    let told = first(x).modulated(by: film(condition), scale: 0, shift: width)
    return second(told) + (residual.map { $0(x) } ?? x)
  }
}
