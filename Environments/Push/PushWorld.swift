import Physics

/// The physics of push: one control step from one ``PushField`` to the next.
///
/// Every control step builds its world anew, so that a step depends on the field alone: a restored
/// state continues exactly as the original did. That costs a few microseconds.
struct PushWorld {
  /// Box2D units in a field unit; blocks are 1.6 wide.
  ///
  /// A power of two, so that positions convert without rounding.
  static let scale: Float = 8
  /// Control steps a second.
  static let controlRate: Float = 10
  private static let substeps = 6
  /// The pusher's velocity is this many times its distance to the target, in 1/s.
  static let gain: Float = 1.3
  /// The pusher's largest speed, in field units a second.
  static let maxSpeed: Float = 1
  /// How quickly floor friction slows a sliding block, in Box2D units a second squared.
  private static let floorDeceleration: Float = 80
  /// The pusher's density; it outweighs a block ten times, so that a block hardly slows it, yet one
  /// that is caught at a wall stops it.
  private static let pusherDensity: Float = 35
  /// Coulomb's coefficient wherever pusher, blocks and walls touch: rubber on rubber, so that a
  /// block goes where the pusher goes and does not slip off it.
  private static let friction: Float = 3
  /// A block stands on a round foot as wide as itself, so that it does not turn easily; field
  /// units.
  private static let footRadius: Float = 0.15

  private let world: World
  private let pusher: Body
  private let blocks: [Body]

  private init(_ field: PushField) throws {
    world = try World()
    try Self.addWalls(to: world)
    var definition = BodyDefinition(.dynamic, at: field.pusher * Self.scale)
    definition.hasFixedRotation = true
    pusher = try world.makeBody(definition)
    try pusher.addCircle(
      radius: PushField.pusherRadius * Self.scale,
      material: Material(density: Self.pusherDensity, friction: Self.friction))
    blocks = try field.blocks.map { [world] in try Self.makeBlock($0, in: world) }
  }

  private static func addWalls(to world: World) throws {
    let walls = try world.makeBody(BodyDefinition(.fixed))
    let offset = 1.3 * scale
    for center: SIMD2<Float> in [[-offset, 0], [offset, 0], [0, -offset], [0, offset]] {
      let isUpright = center.y == 0
      try walls.addBox(
        halfWidth: (isUpright ? 0.3 : 1.6) * scale, halfHeight: (isUpright ? 1.6 : 0.3) * scale,
        at: center, material: Material(friction: friction))
    }
  }

  private static func makeBlock(_ block: PushField.Block, in world: World) throws -> Body {
    var definition = BodyDefinition(
      .dynamic, at: block.position * scale, angle: block.angle)
    definition.velocity = block.velocity * scale
    definition.angularVelocity = block.angularVelocity
    let body = try world.makeBody(definition)
    let half = PushField.halfBlock * scale
    try body.addBox(halfWidth: half, halfHeight: half, material: Material(friction: friction))
    let force = body.mass.mass * floorDeceleration
    // A disc that turns in place under even pressure rubs at two thirds of its radius on average.
    try body.addFloorFriction(maxForce: force, maxTorque: force * footRadius * scale * 2 / 3)
    return body
  }

  /// Moves the pusher towards a target for one control step and what it meets out of its way.
  ///
  /// - Parameters:
  ///   - field: Where everything is; changed to where everything is afterwards.
  ///   - target: Where the pusher wants to be.
  /// - Throws: ``PhysicsError`` when there is no memory.
  static func advance(_ field: inout PushField, towards target: SIMD2<Float>) throws {
    let simulation = try PushWorld(field)
    let seconds = 1 / (controlRate * Float(substeps))
    for _ in 0..<substeps {
      let position = simulation.pusher.motion.position / scale
      let velocity = ((target - position) * gain).shortened(to: maxSpeed)
      try simulation.pusher.setVelocity(velocity * scale)
      try simulation.world.step(seconds: seconds)
    }
    field.pusher = simulation.pusher.motion.position / scale
    for (index, body) in simulation.blocks.enumerated() {
      let motion = body.motion
      field.blocks[index].position = motion.position / scale
      field.blocks[index].angle = wrapped(motion.angle)
      field.blocks[index].velocity = motion.velocity / scale
      field.blocks[index].angularVelocity = motion.angularVelocity
    }
  }

  /// The same angle in −π…π.
  private static func wrapped(_ angle: Float) -> Float {
    let turned = angle.remainder(dividingBy: 2 * Float.pi)
    return min(max(turned, -Float.pi), Float.pi)
  }
}
