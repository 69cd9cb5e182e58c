internal import CKernels

/// Group normalisation of images: y = (x − mean) / √(variance + ε) · scale + shift, mean and
/// variance over all positions of a group of neighbouring channels.
///
/// Unlike batch normalisation it does not depend on what else shares a batch.
///
/// - scale (`weight` in files): [channels], starts at 1; shift (`bias`): [channels], starts at 0.
///
/// Source: Wu & He, "Group normalization", 2018.
public struct GroupNorm {
  /// The largest number of channels.
  public static let channelLimit = Int(CKernels_channel_limit)

  let scale: Parameter
  let shift: Parameter
  let groups: Int
  let epsilon: Float

  /// Declares the layer's parameters.
  ///
  /// - Parameters:
  ///   - scope: Where to declare `weight` and `bias`.
  ///   - channels: The number of channels, at most ``channelLimit``.
  ///   - groups: The number of groups; divides `channels`.
  ///   - epsilon: What keeps the division finite.
  public init(_ scope: ParameterScope, channels: Int, groups: Int, epsilon: Float = 1e-5) {
    precondition(
      groups > 0 && channels % groups == 0 && channels <= Self.channelLimit,
      "a group norm of \(groups) groups for \(channels) channels")
    scale = scope.declare("weight", shape: [channels], initialiser: .ones)
    shift = scope.declare("bias", shape: [channels], initialiser: .zeros)
    self.groups = groups
    self.epsilon = epsilon
  }

  /// Records the normalisation of images [leading …, height, width, channels].
  public func callAsFunction(_ x: Node) -> Node {
    let image = ImageShape(x)
    precondition(
      image.channels == scale.count,
      "a group norm of \(scale.count) channels got \(image.channels)")
    let sizes = GroupNormSizes(
      scale: scale.offset, shift: shift.offset, groups: groups, epsilon: epsilon)
    return x.graph.record(.spatial(x.index, .groupNorm(sizes, image)), shape: x.shape, from: [x])
  }
}
