public import EnvironmentInterface
import Foundation
import Physics
import Randomness

/// Shows how blocks are pushed: round a block on one side, then behind it to a zone, twice.
///
/// Which block is first, to which zone it goes, and on which side the pusher goes round that block
/// are coins thrown at the start; pace and aim vary from episode to episode and, a little, from
/// step to step, as a person's do. Half of the time it also misjudges where a block should go,
/// notices when the block is there, and corrects: so that a policy sees how a push that went wrong
/// is mended. Apart from those, an action depends on what can be observed.
public final class PushDemonstrator: Demonstrator {
  /// What one episode is going to do.
  private struct Plan {
    var firstBlock = 0
    var firstZone = 0
    /// On which side it goes round the first block: −1 left, 1 right.
    ///
    /// Round the second it goes the shorter way.
    var side = -1
    /// Field units a second, away from blocks.
    var pace: Float = 0.6
    /// Where in the zone it wants each block, from the zone's centre.
    var aims = [SIMD2<Float>](repeating: .zero, count: 2)
    /// How far beside that it pushes each block at first; zero once it has noticed.
    var misjudgements = [SIMD2<Float>](repeating: .zero, count: 2)
  }

  /// From the block's centre to the pusher's, when the pusher is behind it and touches.
  private static let contactDistance = PushField.halfBlock + PushField.pusherRadius
  /// From the block's centre to the pusher's, on the way round.
  private static let orbitRadius: Float = 0.26

  private let environment: PushEnvironment
  private var random = RandomStream(seed: 0, purpose: .demonstrator)
  private var plan = Plan()
  private var isFirstDone = false
  private var tremor = SIMD2<Float>.zero

  /// Creates a demonstrator of an environment; it needs a ``begin(seed:)`` for each episode.
  public init(_ environment: PushEnvironment) {
    self.environment = environment
    begin(seed: 0)
  }

  /// Throws the episode's coins; the same seed gives the same.
  public func begin(seed: UInt64) {
    random = RandomStream(seed: seed, purpose: .demonstrator)
    plan.firstBlock = random.integer(below: 2)
    plan.firstZone = random.integer(below: 2)
    plan.side = random.integer(below: 2) * 2 - 1
    plan.pace = Float(random.uniform(from: 0.45, to: 0.65))
    plan.aims = (0..<2).map { _ in
      let x = random.uniform(from: -0.1, to: 0.1)
      let y = random.uniform(from: -0.1, to: 0.1)
      return SIMD2(Float(x), Float(y)) * Float(environment.options.tolerance)
    }
    plan.misjudgements = (0..<2).map { _ in
      guard random.uniform() < 0.5 else { return .zero }
      let length = Float(random.uniform(from: 0.1, to: 0.22))
      let angle = Float(random.uniform(from: -.pi, to: .pi))
      return SIMD2(cosf(angle), sinf(angle)) * length
    }
    isFirstDone = false
    tremor = .zero
  }

  /// The episode's coins: `first_block`, `first_zone`, `first_side`, and its `pace`.
  public var choices: [String: String] {
    [
      "first_block": PushField.blockNames[plan.firstBlock],
      "first_zone": PushField.zoneNames[plan.firstZone],
      "first_side": plan.side < 0 ? "left" : "right",
      "pace": String(plan.pace),
    ]
  }

  /// The target position for the pusher: shape [2].
  public func action() -> [Float] {
    let field = environment.field
    var block = isFirstDone ? 1 - plan.firstBlock : plan.firstBlock
    if isPlaced(block, in: field) {
      if plan.misjudgements[block] != .zero {
        plan.misjudgements[block] = .zero
      } else if !isFirstDone {
        isFirstDone = true
        block = 1 - plan.firstBlock
      }
    }
    let velocity = velocity(forPushing: block, in: field) * plan.pace
    tremor = 0.8 * tremor + 0.007 * SIMD2(Float(random.normal()), Float(random.normal()))
    let target = field.pusher + velocity / PushWorld.gain + tremor
    return [min(max(target.x, -1), 1), min(max(target.y, -1), 1)]
  }

  private func goal(of block: Int, in field: PushField) -> SIMD2<Float> {
    let zone = block == plan.firstBlock ? plan.firstZone : 1 - plan.firstZone
    let goal = field.zones[zone] + plan.aims[block] + plan.misjudgements[block]
    // Not where a wall would keep the block from getting.
    return SIMD2(min(max(goal.x, -0.7), 0.7), min(max(goal.y, -0.7), 0.7))
  }

  private func isPlaced(_ block: Int, in field: PushField) -> Bool {
    let miss = goal(of: block, in: field) - field.blocks[block].position
    return miss.length < 0.45 * Float(environment.options.tolerance)
  }

  /// The direction to go in, with the fraction of the pace as its length.
  private func velocity(forPushing block: Int, in field: PushField) -> SIMD2<Float> {
    let center = field.blocks[block].position
    let forward = (goal(of: block, in: field) - center).unit
    let offset = field.pusher - center
    let ahead = offset.dot(forward)
    let aside = offset.dot(forward.left)
    // At the block, the pusher may stand further aside than when it comes from afar.
    let isNear = offset.length < 1.35 * Self.contactDistance
    let isBehind = ahead < 0 && abs(aside) < -(isNear ? 0.9 : 0.45) * ahead
    if isBehind {
      // Steering: the block goes away from the pusher, so stand exactly opposite the goal.
      let correction = min(max(-3 * aside / Self.contactDistance, -1.5), 1.5)
      return (forward + forward.left * correction).unit * 0.85
    }
    // Seen from the middle, left of a block is one way round above it and the other way below.
    let side = block == plan.firstBlock ? (center.y > 0 ? 1 : -1) * plan.side : 0
    let heading = headingRound(offset, to: -forward, side: side)
    return avoiding(field.blocks[1 - block].position, from: field.pusher, heading: heading)
  }

  /// The way round a block to the place behind it.
  ///
  /// - Parameters:
  ///   - offset: The pusher's position from the block's centre.
  ///   - behind: The direction from the block's centre in which the place lies.
  ///   - side: −1 to pass left of the block when coming from above, 1 to pass right, 0 for the
  ///     shorter way.
  /// - Returns: A direction of length 1.
  private func headingRound(
    _ offset: SIMD2<Float>, to behind: SIMD2<Float>, side: Int
  ) -> SIMD2<Float> {
    let distance = offset.length
    let angle = atan2f(offset.y, offset.x)
    // From above, left of the block is counter-clockwise round it.
    var sense: Float = side <= 0 ? -1 : 1
    var remaining = sense * (atan2f(behind.y, behind.x) - angle)
    remaining = remaining.remainder(dividingBy: 2 * .pi)
    // A little past the place: turn back instead of going all the way round.
    if side != 0, remaining < -0.3 * .pi { remaining += 2 * .pi }
    if remaining < 0 {
      remaining = -remaining
      sense = -sense
    }
    let visible = distance > Self.orbitRadius ? acosf(Self.orbitRadius / distance) : 0
    if remaining <= visible { return (behind * Self.orbitRadius - offset).unit }
    if visible > 0.1 {
      let tangent = angle + sense * visible
      return (SIMD2(cosf(tangent), sinf(tangent)) * Self.orbitRadius - offset).unit
    }
    let outward = (Self.orbitRadius - distance) / Self.orbitRadius
    return (offset.unit.left * sense + offset.unit * outward * 3).unit
  }

  /// The heading, turned aside where it would run into the other block.
  private func avoiding(
    _ obstacle: SIMD2<Float>, from position: SIMD2<Float>, heading: SIMD2<Float>
  ) -> SIMD2<Float> {
    let away = position - obstacle
    let distance = away.length
    let approach = -heading.dot(away.unit)
    guard distance < 0.32, approach > 0 else { return heading }
    let strength = min(1, (0.32 - distance) / 0.1)
    return (heading + away.unit * approach * strength).unit
  }
}
