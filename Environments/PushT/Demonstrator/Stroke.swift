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

  /// Where the agent starts and where it heads, in the T's frame; nil where it has no room.
  var start: (place: SIMD2<Float>, direction: SIMD2<Float>)? {
    var rest = contact
    for face in TShape.outline.indices {
      let corner = TShape.outline[face]
      let edge = TShape.outline[(face + 1) % TShape.outline.count] - corner
      if rest > edge.length {
        rest -= edge.length
        continue
      }
      let point = corner + edge.unit * rest
      // Outlines go round in the sense from x towards y, so that inside is on the left.
      let direction = edge.unit.left.turned(cosine: cosf(tilt), sine: sinf(tilt))
      var back = Detour.clearance + 1
      while back < 60 {
        let place = point - direction * back
        if TShape.distance(to: place) >= Detour.clearance + 1 { return (place, direction) }
        back += 3
      }
      return nil
    }
    return nil
  }
}
