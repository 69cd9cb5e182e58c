extension Node {
  /// The mean of each channel over all positions: [leading …, height, width, C] to [leading …, C].
  ///
  /// It says whether something is there, not where.
  public var meanPooled: Node {
    let image = ImageShape(self)
    return graph.record(
      .spatial(index, .meanPool(image)), shape: shape.dropLast(3) + [image.channels], from: [self])
  }

  /// Where each channel is largest: [leading …, height, width, C] to [leading …, 2 · C].
  ///
  /// The position's mean under e^x / Σ e^x over all positions, from −1 (left, top) to 1 (right,
  /// bottom): C coordinates across, then C down. At most ``GroupNorm/channelLimit`` channels.
  ///
  /// Source: Finn et al., "Deep spatial autoencoders for visuomotor learning", ICRA 2016.
  public var spatialSoftmax: Node {
    let image = ImageShape(self)
    precondition(
      image.channels <= GroupNorm.channelLimit, "a spatial softmax of \(image.channels) channels")
    return graph.record(
      .spatial(index, .spatialSoftmax(image)), shape: shape.dropLast(3) + [2 * image.channels],
      from: [self])
  }
}
