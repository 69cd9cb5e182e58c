/// The lengths that recorded quaternions have, of which only unit quaternions are rotations.
struct QuaternionLengths: Hashable {
  private(set) var least = Double.infinity
  private(set) var most = -Double.infinity

  /// Farther from 1 than numbers that were rounded to two decimals.
  private static let tolerance = 0.01

  /// Lengths of which none is known yet.
  init() {}

  /// The lengths between two; nil for another number of them.
  init?(_ ends: [Double]) {
    guard ends.count == 2 else { return nil }
    (least, most) = (ends[0], ends[1])
  }

  /// Includes a quaternion.
  mutating func include(_ values: SIMD4<Double>) {
    let length = (values * values).sum().squareRoot()
    (least, most) = (min(least, length), max(most, length))
  }

  /// Whether all are 1, as far as rounding allows.
  var areOne: Bool { least > 1 - Self.tolerance && most < 1 + Self.tolerance }

  /// What they are, as part of a sentence.
  var words: String {
    let range = short(least) == short(most) ? short(least) : "\(short(least)) to \(short(most))"
    return "its length is \(range), not 1"
  }
}
