import Physics

/// The physics of push-t: one control step from one ``PushTField`` to the next.
///
/// Every control step builds its world anew, so that a step depends on the field alone: a restored
/// state continues exactly as the original did. That costs a few microseconds.
struct PushTWorld {
  /// Pixels in a Box2D unit: the agent is 1.9 units wide, the T 7.5 long.
  ///
  /// A power of two, so that positions convert without rounding.
  static let scale: Float = 16
  /// Control steps a second.
  static let controlRate: Float = 10
  private static let substeps = 10
  /// The length of a physics step.
  static let seconds: Float = 0.01
  /// How strongly the agent is drawn to its target, in 1/s², and slowed, in 1/s.
  static let stiffness: Float = 100
  static let damping: Float = 20
  /// How far from the workspace's edge the T is stopped: walls at 5 pixels, 2 thick to either side,
  /// the right and the lower one at 506.
  private static let walls = (low: Float(7), high: Float(504))
  /// Nothing rubs, against what the public environment seems to say.
  ///
  /// It sets `body.friction = 1`, which pymunk takes without a word and never reads: there,
  /// friction belongs to shapes, whose default is 0. Human episodes replay only without it.
  private static let material = Material(friction: 0)

  private let world: World
  private let agent: Body
  private let block: Body

  private init(_ field: PushTField) throws {
    world = try World()
    try Self.addWalls(to: world)
    agent = try world.makeBody(BodyDefinition(.kinematic, at: field.agent / Self.scale))
    try agent.addCircle(radius: PushTField.agentRadius / Self.scale, material: Self.material)
    let definition = BodyDefinition(
      .dynamic, at: field.block.position / Self.scale, angle: field.block.angle)
    block = try world.makeBody(definition)
    for box in TShape.boxes {
      try block.addPolygon(box.map { $0 / Self.scale }, material: Self.material)
    }
    try block.setMass(
      Body.Mass(
        mass: 1, inertia: TShape.inertia / (Self.scale * Self.scale),
        center: TShape.centerOfGravity / Self.scale))
  }

  private static func addWalls(to world: World) throws {
    let body = try world.makeBody(BodyDefinition(.fixed))
    let (low, high, thickness) = (walls.low / scale, walls.high / scale, Float(8))
    let middle = (low + high) / 2
    for (x, y) in [(-1, 0), (1, 0), (0, -1), (0, 1)] as [(Float, Float)] {
      let reach = (high - low) / 2 + thickness
      try body.addBox(
        halfWidth: x == 0 ? reach : thickness, halfHeight: y == 0 ? reach : thickness,
        at: SIMD2(middle + x * reach, middle + y * reach), material: material)
    }
  }

  /// Moves the agent towards a target for one control step and the T out of its way.
  ///
  /// - Parameters:
  ///   - field: Where everything is; changed to where everything is afterwards.
  ///   - target: Where the agent wants to be.
  /// - Throws: ``PhysicsError`` when there is no memory.
  static func advance(_ field: inout PushTField, towards target: SIMD2<Float>) throws {
    let simulation = try PushTWorld(field)
    let before = field.block
    for _ in 0..<substeps {
      let pull = (target - field.agent) * stiffness - field.agentVelocity * damping
      field.agentVelocity += pull * seconds
      try simulation.step(&field)
    }
    field.noteTouch(since: before)
  }

  /// One physics step with the agent at rest, which begins to part what overlaps at the start.
  ///
  /// - Throws: ``PhysicsError`` when there is no memory.
  static func settle(_ field: inout PushTField) throws {
    try PushTWorld(field).step(&field)
  }

  private func step(_ field: inout PushTField) throws {
    try agent.setVelocity(field.agentVelocity / Self.scale)
    // Quasi-static: the T keeps no velocity from one physics step to the next.
    try block.setVelocity(.zero)
    try world.step(seconds: Self.seconds)
    let limits = (low: SIMD2<Float>.zero, high: SIMD2(repeating: PushTField.size))
    field.agent = (agent.motion.position * Self.scale).clamped(
      lowerBound: limits.low, upperBound: limits.high)
    let motion = block.motion
    field.block = TPose(
      (motion.position * Self.scale).clamped(lowerBound: limits.low, upperBound: limits.high),
      angle: motion.angle)
  }
}
