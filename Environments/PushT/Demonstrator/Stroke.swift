import Foundation
import Physics
import Randomness

/// One push: from a place beside the T straight ahead for a length.
struct Stroke: Sendable {
  /// Where along the T's outline it is pushed: 0 to ``Stroke/perimeter``, in pixels.
  var contact: Float
  /// How the direction of the push is turned from straight onto the face, in radians.
  var tilt: Float
  /// How far the agent goes from where it starts beside the T, in pixels.
  var length: Float

  /// The length of the T's outline.
  static let perimeter: Float = 480

  /// Draws any push.
  static func random(using random: inout RandomStream) -> Stroke {
    Stroke(
      contact: Float(random.uniform(from: 0, to: Double(perimeter))),
      tilt: Float(random.uniform(from: -0.9, to: 0.9)), length: 0)
  }

  /// Draws a push that is much like this one.
  func varied(using random: inout RandomStream) -> Stroke {
    var contact = self.contact + 5 * Float(random.normal())
    contact -= Self.perimeter * (contact / Self.perimeter).rounded(.down)
    let tilt = min(max(self.tilt + 0.12 * Float(random.normal()), -1), 1)
    return Stroke(contact: contact, tilt: tilt, length: length)
  }

  /// The face that is pushed, and how far along it.
  var face: (index: Int, along: Float) {
    var rest = contact
    for (index, length) in Self.faceLengths.enumerated() {
      if rest <= length { return (index, rest) }
      rest -= length
    }
    return (Self.faceLengths.count - 1, Self.faceLengths[Self.faceLengths.count - 1])
  }

  private static let edges = TShape.outline.indices.map { face in
    TShape.outline[(face + 1) % TShape.outline.count] - TShape.outline[face]
  }
  private static let faceLengths = edges.map(\.length)

  /// Where the agent starts and where it heads, in the T's frame; nil where it has no room.
  var start: (place: SIMD2<Float>, direction: SIMD2<Float>)? {
    let (index, along) = face
    let edge = Self.edges[index].unit
    let point = TShape.outline[index] + edge * along
    // The outline goes round in the sense from x towards y, so that the T is on the left of it.
    let direction = edge.left.turned(cosine: cosf(tilt), sine: sinf(tilt))
    for back in stride(from: Detour.clearance + 1, to: 60, by: 3) {
      let place = point - direction * back
      if TShape.distance(to: place) >= Detour.clearance + 1 { return (place, direction) }
    }
    return nil
  }
}
