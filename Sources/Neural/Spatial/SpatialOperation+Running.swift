internal import CKernels

extension Execution {
  func runSpatial(
    _ operation: SpatialOperation, y: UnsafeMutablePointer<Float>,
    kept: UnsafeMutablePointer<Float>?, x: UnsafeMutablePointer<Float>
  ) {
    switch operation {
    case .patches(let patch, let shape):
      var patches = patch.kernelShape(shape)
      CKernels_patches(y, x, &patches, rows * shape.images)
    case .groupNorm(let norm, let shape):
      CKernels_group_norm_forward(
        y, kept, x, parameters + norm.scale, parameters + norm.shift, norm.epsilon,
        rows * shape.images, shape.positions, shape.channels, norm.groups)
    case .meanPool(let shape):
      CKernels_mean_pool_forward(y, x, rows * shape.images, shape.positions, shape.channels)
    case .spatialSoftmax(let shape):
      CKernels_spatial_softmax_forward(
        y, kept, x, rows * shape.images, shape.height, shape.width, shape.channels)
    case .windows(let shape):
      var shape = shape.kernelShape
      CKernels_windows(y, x, 0, &shape, rows)
    case .overlapAdd(let shape):
      var shape = shape.kernelShape
      CKernels_overlap_add(y, x, 0, &shape, rows)
    }
  }

  func runSpatialBackward(
    _ operation: SpatialOperation, dx: UnsafeMutablePointer<Float>,
    dy: UnsafeMutablePointer<Float>, x: UnsafeMutablePointer<Float>,
    y: UnsafeMutablePointer<Float>, kept: UnsafeMutablePointer<Float>?, accumulates: Bool
  ) {
    let accumulates: Int32 = accumulates ? 1 : 0
    switch operation {
    case .patches(let patch, let shape):
      var patches = patch.kernelShape(shape)
      CKernels_patches_backward(dx, dy, accumulates, &patches, rows * shape.images)
    case .groupNorm(let norm, let shape):
      CKernels_group_norm_backward(
        dx, dy, x, kept, parameters + norm.scale, accumulates, rows * shape.images,
        shape.positions, shape.channels, norm.groups)
    case .meanPool(let shape):
      CKernels_mean_pool_backward(
        dx, dy, accumulates, rows * shape.images, shape.positions, shape.channels)
    case .spatialSoftmax(let shape):
      CKernels_spatial_softmax_backward(
        dx, dy, y, kept, accumulates, rows * shape.images, shape.height, shape.width,
        shape.channels)
    case .windows(let shape):
      var shape = shape.kernelShape
      CKernels_overlap_add(dx, dy, accumulates, &shape, rows)
    case .overlapAdd(let shape):
      var shape = shape.kernelShape
      CKernels_windows(dx, dy, accumulates, &shape, rows)
    }
  }
}

extension WindowShape {
  fileprivate var kernelShape: CKernels_window_shape {
    CKernels_window_shape(
      length: length, channels: channels, kernel: kernel, stride: stride, padding: padding,
      places: places)
  }
}

extension PatchShape {
  fileprivate func kernelShape(_ image: ImageShape) -> CKernels_patch_shape {
    CKernels_patch_shape(
      height: image.height, width: image.width, channels: image.channels, kernel: kernel,
      stride: stride, padding: padding)
  }
}
