import Foundation
import Randomness

/// Where everything is in an episode of push-t and what has been done: the environment's whole
/// state.
///
/// Lengths are pixels of the 512 × 512 workspace, y down.
struct PushTField: Sendable, Hashable {
  /// The side of the workspace.
  static let size: Float = 512
  static let agentRadius: Float = 15

  var agent: SIMD2<Float>
  /// Pixels a second.
  var agentVelocity = SIMD2<Float>.zero
  var block: TPose
  /// The T's angle at the start.
  var startAngle: Float
  var stepCount = 0
  /// The T's face at which the agent first moved it; nil until then.
  var firstFace: Int?
  /// ``firstFace``, or −1.
  var firstFaceNumber: Int {
    get { firstFace ?? -1 }
    set { firstFace = newValue >= 0 ? newValue : nil }
  }
  /// Whether the T has been on the goal.
  var isSolved = false

  init(agent: SIMD2<Float>, block: TPose) {
    self.agent = agent
    self.block = block
    startAngle = block.angle
  }

  /// Draws an initial state in the public environment's way: positions uniform over whole pixels,
  /// the angle normal with a standard deviation of a full turn.
  ///
  /// As there, the angle turns the T about its centre of gravity, which its position is not.
  static func random(seed: UInt64) -> PushTField {
    var random = RandomStream(seed: seed, purpose: .environment)
    func pixel(_ low: Int, _ high: Int) -> Float { Float(low + random.integer(below: high - low)) }
    let agent = SIMD2(pixel(50, 450), pixel(50, 450))
    let corner = SIMD2(pixel(100, 400), pixel(100, 400))
    var pose = TPose(.zero, angle: Float(random.normal() * 2 * .pi - .pi))
    pose.angle = pose.wrappedAngle
    pose.position = corner + TShape.centerOfGravity - pose.placed([TShape.centerOfGravity])[0]
    return PushTField(agent: agent, block: pose)
  }

  /// Notes at which face the agent stands if it has moved the T since `before`.
  mutating func noteTouch(since before: TPose) {
    guard firstFace == nil, block != before else { return }
    let (face, distance) = TShape.nearestFace(to: block.local(agent))
    // What a wall moved at the start is nobody's touch.
    if distance < 2 * Self.agentRadius { firstFace = face }
  }
}
