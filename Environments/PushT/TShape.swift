/// The T in its own frame: a bar of 120 × 30 pixels, and under its middle a stem of 30 × 90.
///
/// The frame's origin is the middle of the bar's outer edge; the stem points along y.
package enum TShape {
  /// The corners of the bar and of the stem, each in turn round it.
  package static let boxes: [[SIMD2<Float>]] = [
    [[-60, 0], [60, 0], [60, 30], [-60, 30]],
    [[-15, 30], [15, 30], [15, 120], [-15, 120]],
  ]

  /// The eight corners in turn, beginning with the bar's outer edge; face i is from corner i to the
  /// next.
  package static let outline: [SIMD2<Float>] = [
    [-60, 0], [60, 0], [60, 30], [15, 30], [15, 120], [-15, 120], [-15, 30], [-60, 30],
  ]

  /// What the faces are called, as seen with the bar above and the stem below.
  package static let faceNames = [
    "top", "right end", "right shoulder", "right side", "foot", "left side", "left shoulder",
    "left end",
  ]

  /// The nine points that the public benchmark follows, near the T's corners and seams.
  ///
  /// They are those of the human demonstrations of Chi et al. 2023, found from their `keypoints`
  /// and `block_pose` (rounded to 0.01 pixels; the recordings scatter by 0.02): in order, right of
  /// the stem's middle; the bar's outer corners, left and right; the middle of the seam; the foot's
  /// left corner; the bar's inner edge, right and left; left of the stem; the bar's outer edge.
  package static let keypoints: [SIMD2<Float>] = [
    [9.27, 90.02], [-60.99, -1.19], [60.91, -1.39], [-0.27, 25.54], [-14.06, 122.81],
    [39.0, 32.86], [-39.95, 32.73], [-16.82, 62.87], [23.54, -1.7],
  ]

  /// The area in square pixels.
  package static let area = 6300.0

  /// The centre of gravity that the public environment gives it.
  ///
  /// It is half way between those of bar and stem, not the one of an even plate.
  package static let centerOfGravity = SIMD2<Float>(0, 45)

  /// The moment of inertia that the public environment gives it, with a mass of 1.
  ///
  /// Twice the bar's about the frame's origin: not an even plate's either.
  package static let inertia: Float = 3000

  /// The face that is nearest to a point of the T's frame.
  package static func nearestFace(to point: SIMD2<Float>) -> (face: Int, distance: Float) {
    var best = (face: 0, distance: Float.infinity)
    for face in outline.indices {
      let start = outline[face]
      let along = outline[(face + 1) % outline.count] - start
      let offset = point - start
      let share = min(max((offset * along).sum() / (along * along).sum(), 0), 1)
      let away = offset - along * share
      let distance = (away * away).sum().squareRoot()
      if distance < best.distance { best = (face, distance) }
    }
    return best
  }
}
