extension SIMD2<Float> {
  /// The Euclidean length.
  package var length: Float { (x * x + y * y).squareRoot() }

  /// The vector of length 1 in the same direction; zero stays zero.
  package var unit: SIMD2<Float> {
    let length = length
    return length > 0 ? self / length : .zero
  }

  /// The vector turned left by a right angle.
  package var left: SIMD2<Float> { SIMD2(-y, x) }

  /// The scalar product.
  package func dot(_ other: SIMD2<Float>) -> Float { x * other.x + y * other.y }

  /// The vector turned left by the angle with this cosine and sine.
  package func turned(cosine: Float, sine: Float) -> SIMD2<Float> {
    SIMD2(x * cosine - y * sine, x * sine + y * cosine)
  }

  /// The vector, or one of the same direction and length `limit` where it is longer.
  package func shortened(to limit: Float) -> SIMD2<Float> {
    let length = length
    return length > limit ? self * (limit / length) : self
  }
}
