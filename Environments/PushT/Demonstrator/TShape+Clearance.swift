import Physics

extension TShape {
  /// How far a point of the T's frame is from the T; negative inside.
  static func distance(to point: SIMD2<Float>) -> Float {
    func toBox(_ center: SIMD2<Float>, _ half: SIMD2<Float>) -> Float {
      let offset = point - center
      let outside = SIMD2(abs(offset.x), abs(offset.y)) - half
      let positive = SIMD2(max(outside.x, 0), max(outside.y, 0))
      return positive.length + min(max(outside.x, outside.y), 0)
    }
    return min(toBox([0, 15], [60, 15]), toBox([0, 75], [15, 45]))
  }

  /// The direction of length 1 in which the distance from the T grows fastest.
  static func outward(at point: SIMD2<Float>) -> SIMD2<Float> {
    let reach: Float = 0.5
    return SIMD2(
      distance(to: point + SIMD2(reach, 0)) - distance(to: point - SIMD2(reach, 0)),
      distance(to: point + SIMD2(0, reach)) - distance(to: point - SIMD2(0, reach))
    ).unit
  }

  /// Whether a straight way between two points of the T's frame keeps a distance from the T.
  static func isClear(from start: SIMD2<Float>, to end: SIMD2<Float>, by distance: Float) -> Bool {
    let length = (end - start).length
    let direction = (end - start).unit
    var travelled: Float = 0
    // The next `room` pixels cannot be too near, wherever they lead.
    while travelled < length {
      let room = self.distance(to: start + direction * travelled) - distance
      if room < 0 { return false }
      travelled += max(room, 1)
    }
    return self.distance(to: end) >= distance
  }
}
