/// The images of one sample: `images` × `height` × `width` × `channels`, dense.
struct ImageShape: Hashable {
  var images, height, width, channels: Int

  var positions: Int { height * width }

  /// The images of a node of shape […, height, width, channels].
  init(_ node: Node) {
    let sizes = Array(node.shape.suffix(3))
    precondition(sizes.count == 3, "\(node.shape) is no shape of images")
    images = node.shape.dropLast(3).reduce(1, *)
    (height, width, channels) = (sizes[0], sizes[1], sizes[2])
  }
}

/// The places at which a square kernel meets an image.
struct PatchShape: Hashable {
  var kernel, stride, padding: Int

  /// How many places there are along `length` pixels.
  func places(_ length: Int) -> Int { (length + 2 * padding - kernel) / stride + 1 }
}

/// The windows that a kernel meets along a sequence of `length` steps × `channels`.
struct WindowShape: Hashable {
  var length, channels: Int
  var kernel, stride, padding, places: Int
}

/// A group normalisation by the offsets of its parameters.
struct GroupNormSizes: Hashable {
  var scale, shift, groups: Int
  var epsilon: Float
}

/// An operation on images or sequences whose values are weighed by where they stand.
enum SpatialOperation {
  /// […, H, W, C] to […, places down, places across, kernel · kernel · C].
  case patches(PatchShape, ImageShape)
  case groupNorm(GroupNormSizes, ImageShape)
  /// […, H, W, C] to […, C].
  case meanPool(ImageShape)
  /// […, H, W, C] to […, 2 · C].
  case spatialSoftmax(ImageShape)
  /// [length, C] to [places, kernel · C].
  case windows(WindowShape)
  /// The transpose of that: [places, kernel · C] to [length, C].
  case overlapAdd(WindowShape)

  var isTrained: Bool {
    if case .groupNorm = self { true } else { false }
  }

  /// What it notes in the forward pass: elements a sample, and whether deciding needs them too.
  var kept: (count: Int, always: Bool) {
    switch self {
    case .groupNorm(let norm, let shape): (2 * shape.images * norm.groups, false)
    case .spatialSoftmax(let shape): (shape.images * shape.positions * shape.channels, true)
    case .patches, .meanPool, .windows, .overlapAdd: (0, false)
    }
  }
}
