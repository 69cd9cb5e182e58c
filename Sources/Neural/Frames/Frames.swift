internal import CKernels

/// How points and poses of one sample meet.
struct FrameSizes: Hashable, BitwiseCopyable {
  /// What is done with the points.
  enum Change {
    /// The points of all samples as each pose sees them.
    case seen
    /// The same for differences of points, which a pose's position does not move.
    case seenDirection
    /// Each pose's own pairs, turned as the pose is.
    case turned
  }

  var change: Change
  var frames, points: Int
  /// 2 for positions, 4 with cosine and sine.
  var poseWidth: Int

  fileprivate var kernel: CKernels_frames {
    CKernels_frames(
      frames: frames, points: points, pose_width: poseWidth,
      is_direction: change == .seenDirection ? 1 : 0)
  }
}

/// The answers of several frames for each of a chunk's points.
struct MixtureSizes: Hashable, BitwiseCopyable {
  var frames, points, columns: Int

  var kernel: CKernels_mixture {
    CKernels_mixture(frames: frames, points: points, columns: columns)
  }
}

extension Node {
  /// The points of the plane in this node, [points, 2], as each of several poses sees them.
  ///
  /// R^T (point − position) for a pose with the rotation R. Poses get no gradient: they are what is
  /// observed.
  ///
  /// - Parameters:
  ///   - poses: [frames, 2], positions; or [frames, 4], positions, cosines and sines of angles.
  ///   - isDirection: Whether the points are differences, such as velocities, or cosines and sines
  ///     of angles: then they are turned but not moved.
  /// - Returns: [frames, points, 2].
  public func seen(from poses: Node, isDirection: Bool = false) -> Node {
    precondition(width == 2, "points of the plane have 2 values, not \(width)")
    let sizes = FrameSizes(
      change: isDirection ? .seenDirection : .seen, frames: poses.rows, points: rows,
      poseWidth: Self.checkedWidth(poses))
    return graph.record(
      .framed(index, poses: poses.index, sizes), shape: [poses.rows, rows, 2],
      from: [self, poses])
  }

  /// The pairs in this node, [frames, points, 2], each frame's turned from the pose's own
  /// directions to the world's: R · pair.
  ///
  /// - Parameter poses: As for ``seen(from:isDirection:)``.
  /// - Returns: [frames, points, 2].
  public func turned(by poses: Node) -> Node {
    precondition(
      shape.count == 3 && width == 2 && shape[0] == poses.rows,
      "\(shape) cannot be turned by poses \(poses.shape)")
    let sizes = FrameSizes(
      change: .turned, frames: poses.rows, points: shape[1], poseWidth: Self.checkedWidth(poses))
    return graph.record(
      .framed(index, poses: poses.index, sizes), shape: shape, from: [self, poses])
  }

  /// The answers in this node, [frames, points, columns], mixed for each point by the softmax of
  /// logits over the frames.
  ///
  /// - Parameter logits: [frames, points].
  /// - Returns: [points, columns].
  public func mixed(by logits: Node) -> Node {
    precondition(
      shape.count == 3 && logits.count == shape[0] * shape[1],
      "\(shape) cannot be mixed by \(logits.shape)")
    let sizes = MixtureSizes(frames: shape[0], points: shape[1], columns: shape[2])
    return graph.record(
      .mixture(answers: index, logits: logits.index, sizes), shape: [shape[1], shape[2]],
      from: [self, logits])
  }

  private static func checkedWidth(_ poses: Node) -> Int {
    precondition(
      poses.width == 2 || poses.width == 4, "poses have 2 or 4 values, not \(poses.width)")
    return poses.width
  }
}

extension Execution {
  func run(
    _ sizes: FrameSizes, y: UnsafeMutablePointer<Float>, x: UnsafePointer<Float>,
    poses: UnsafePointer<Float>
  ) {
    var kernel = sizes.kernel
    if sizes.change == .turned {
      CKernels_turn(y, x, poses, 0, 0, &kernel, rows)
    } else {
      CKernels_seen_forward(y, x, poses, &kernel, rows)
    }
  }

  func runBackward(
    _ sizes: FrameSizes, dx: UnsafeMutablePointer<Float>, dy: UnsafePointer<Float>,
    poses: UnsafePointer<Float>, accumulates: Bool
  ) {
    var kernel = sizes.kernel
    if sizes.change == .turned {
      CKernels_turn(dx, dy, poses, 1, accumulates ? 1 : 0, &kernel, rows)
    } else {
      CKernels_seen_backward(dx, dy, poses, accumulates ? 1 : 0, &kernel, rows)
    }
  }
}
