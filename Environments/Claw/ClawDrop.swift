import Physics

/// The physics of one drop: prongs come down on a ring, push away what they land on, close, and
/// carry what they hold to the chute.
///
/// Every drop builds its world anew, so that it depends on the field and the point alone.
struct ClawDrop {
  /// Box2D units in a field unit; toys are 2 to 4 wide.
  ///
  /// A power of two, so that positions convert without rounding.
  static let scale: Float = 8
  /// Where the prongs come down, from the claw's centre.
  static let ringRadius: Float = 0.21
  /// How near to the claw's centre a prong can get.
  static let closedRadius: Float = 0.03
  static let prongRadius: Float = 0.035
  /// Where the chute's middle is.
  static let chute = SIMD2<Float>(-0.84, -1.34)
  /// How far from the claw's centre a toy's centre may be, held by three prongs and by two; what
  /// hangs further out slips on the way.
  private static let reach: (three: Float, two: Float) = (0.24, 0.17)

  private static let seconds: Float = 1 / 60
  private static let landingSteps = 20
  private static let closingSteps = 40
  private static let settlingSteps = 40
  private static let closingSpeed: Float = 0.4
  private static let toyCategory: UInt16 = 1
  private static let wallCategory: UInt16 = 2
  private static let prongCategory: UInt16 = 4
  /// From the claw's centre to each prong.
  static let directions: [SIMD2<Float>] = [
    [0, 1], [-0.866_025_4, -0.5], [0.866_025_4, -0.5],
  ]

  private let world: World
  private let slots: [Int]
  private let bodies: [Body]

  /// A world with walls and the toys that are on the field.
  private init(_ field: ClawField) throws {
    let world = try World()
    self.world = world
    let walls = try world.makeBody(BodyDefinition(.fixed))
    let material = Material(category: Self.wallCategory, mask: Self.toyCategory)
    let offset = 1.25 * Self.scale
    for center: SIMD2<Float> in [[-offset, 0], [offset, 0], [0, -offset], [0, offset]] {
      let isUpright = center.y == 0
      try walls.addBox(
        halfWidth: (isUpright ? 0.25 : 1.5) * Self.scale,
        halfHeight: (isUpright ? 1.5 : 0.25) * Self.scale, at: center, material: material)
    }
    slots = field.presentSlots
    bodies = try slots.map { try Self.makeToy(field.toys[$0], in: world) }
  }

  private static func makeToy(_ toy: ClawField.Toy, in world: World) throws -> Body {
    let definition = BodyDefinition(.dynamic, at: toy.position * scale, angle: toy.angle)
    let body = try world.makeBody(definition)
    let material = Material(friction: 0.5, category: toyCategory)
    switch toy.kind.silhouette {
    case .discs(let discs):
      for disc in discs {
        try body.addCircle(radius: disc.radius * scale, at: disc.center * scale, material: material)
      }
    case .square(let half):
      try body.addBox(halfWidth: half * scale, halfHeight: half * scale, material: material)
    }
    let force = 60 * body.mass.mass
    let radius = toy.kind.silhouette.boundingRadius * scale
    try body.addFloorFriction(maxForce: force, maxTorque: 0.4 * force * radius)
    return body
  }

  /// Drops the claw on a point.
  ///
  /// - Parameters:
  ///   - field: The toys; changed to where they are afterwards.
  ///   - point: Where the claw's centre comes down.
  /// - Returns: The slot that was delivered, or nil.
  /// - Throws: ``PhysicsError`` when there is no memory.
  static func run(_ field: inout ClawField, at point: SIMD2<Float>) throws -> Int? {
    let drop = try ClawDrop(field)
    let touches = try drop.close(around: point)
    drop.store(in: &field)
    field.dropCount += 1
    field.lastPoint = point
    field.lastOutcome = .missed
    guard let (slot, prongs) = field.held(at: point, touches: touches) else { return nil }
    let allowed = prongs == 3 ? reach.three : reach.two
    let overhang = (field.toys[slot].position - point).length
    if overhang <= allowed {
      field.toys[slot].delivery = field.deliveryCount + 1
      field.lastOutcome = .delivered
      return slot
    }
    // The further out, the sooner it slips on the straight way to the chute.
    let fraction = (allowed / overhang) * (allowed / overhang)
    try drop.letFall(slot, from: point, after: fraction, in: &field)
    field.lastOutcome = .slipped
    return nil
  }

  /// Brings the prongs down and closes them.
  ///
  /// - Parameter point: Where the claw's centre is.
  /// - Returns: For each slot, the prongs that touch its toy in the end.
  /// - Throws: ``PhysicsError`` when there is no memory.
  private func close(around point: SIMD2<Float>) throws -> [Int: Set<Int>] {
    let material = Material(
      density: 25, friction: 0.8, category: Self.prongCategory, mask: Self.toyCategory)
    let prongs = try Self.directions.map { direction in
      var definition = BodyDefinition(
        .dynamic, at: (point + direction * Self.ringRadius) * Self.scale)
      definition.hasFixedRotation = true
      let prong = try world.makeBody(definition)
      try prong.addCircle(radius: Self.prongRadius * Self.scale, material: material)
      return prong
    }
    for step in 0..<(Self.landingSteps + Self.closingSteps) {
      let isLanding = step < Self.landingSteps
      let speed = isLanding ? 0 : Self.closingSpeed
      for (prong, direction) in zip(prongs, Self.directions) {
        // A prong slides on its arm only: what pushed it aside in the last step is undone.
        let offset = prong.motion.position / Self.scale - point
        let radius = isLanding ? Self.ringRadius : offset.dot(direction)
        let allowed = min(max(radius, Self.closedRadius), Self.ringRadius)
        try prong.setPose(position: (point + direction * allowed) * Self.scale, angle: 0)
        try prong.setVelocity(direction * -speed * Self.scale)
      }
      try world.step(seconds: Self.seconds)
    }
    var touches: [Int: Set<Int>] = [:]
    for contact in world.contacts {
      for (a, b) in [(contact.first, contact.second), (contact.second, contact.first)] {
        guard let prong = prongs.firstIndex(where: { $0.number == a }),
          let toy = bodies.firstIndex(where: { $0.number == b })
        else { continue }
        touches[slots[toy], default: []].insert(prong)
      }
    }
    return touches
  }

  /// Puts a toy down where it slipped and lets it make room among the others.
  private func letFall(
    _ slot: Int, from point: SIMD2<Float>, after fraction: Float, in field: inout ClawField
  ) throws {
    let toy = field.toys[slot]
    let limit = 1 - toy.kind.silhouette.boundingRadius
    let place = toy.position + (Self.chute - point) * fraction
    field.toys[slot].position = place.clamped(
      lowerBound: SIMD2(repeating: -limit), upperBound: SIMD2(repeating: limit))
    let settling = try ClawDrop(field)
    for _ in 0..<Self.settlingSteps { try settling.world.step(seconds: Self.seconds) }
    settling.store(in: &field)
  }

  /// Reads back where the toys are; they rest there.
  private func store(in field: inout ClawField) {
    for (slot, body) in zip(slots, bodies) {
      let motion = body.motion
      let turned = motion.angle.remainder(dividingBy: 2 * Float.pi)
      field.toys[slot].position = (motion.position / Self.scale).clamped(
        lowerBound: [-1, -1], upperBound: [1, 1])
      field.toys[slot].angle = min(max(turned, -.pi), .pi)
    }
  }
}

extension ClawField {
  /// The toy that a closed claw holds: it lies under the claw's centre and two prongs touch it.
  fileprivate func held(
    at point: SIMD2<Float>, touches: [Int: Set<Int>]
  ) -> (slot: Int, prongs: Int)? {
    for slot in presentSlots {
      let prongs = touches[slot]?.count ?? 0
      if prongs >= 2 && toys[slot].covers(point) { return (slot, prongs) }
    }
    return nil
  }
}
