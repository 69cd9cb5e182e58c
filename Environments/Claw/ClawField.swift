import Foundation
import Physics

/// Where the toys are and what the claw has done: the environment's whole state.
///
/// Lengths are field units: the field is the square |x|, |y| ≤ 1. Between drops everything rests,
/// so there are no velocities.
struct ClawField: Sendable, Hashable {
  /// A toy in its slot.
  struct Toy: Sendable, Hashable {
    var kind: ToyKind
    var position: SIMD2<Float>
    /// In radians, −π…π.
    var angle: Float
    /// Its place in the order of deliveries, from 1; 0 while it is on the field.
    var delivery = 0

    var isPresent: Bool { delivery == 0 }

    /// A point of the field in the toy's frame.
    func local(_ point: SIMD2<Float>) -> SIMD2<Float> {
      (point - position).turned(cosine: cosf(angle), sine: -sinf(angle))
    }

    /// A point of the toy's frame in the field.
    func placed(_ point: SIMD2<Float>) -> SIMD2<Float> {
      position + point.turned(cosine: cosf(angle), sine: sinf(angle))
    }

    /// Whether the toy lies under a point of the field.
    func covers(_ point: SIMD2<Float>) -> Bool {
      isPresent && kind.silhouette.contains(local(point))
    }
  }

  /// What the last drop came to.
  enum Outcome: Int, Sendable {
    case none, missed, slipped, delivered
  }

  /// How many toys there can be.
  var slotCount: Int
  /// The toys that the episode began with, in slots 0…; no two of a kind.
  var toys: [Toy]
  var dropCount = 0
  var lastPoint = SIMD2<Float>.zero
  var lastOutcome = Outcome.none

  /// How many toys were delivered.
  var deliveryCount: Int { toys.count { !$0.isPresent } }

  /// The slots whose toys are on the field.
  var presentSlots: [Int] { toys.indices.filter { toys[$0].isPresent } }
}
