import Foundation
import Physics
import TestSupport
import Testing

@Suite struct `Bodies follow closed forms` {
  @Test func `damping slows a free body as Box2D's implicit step says`() throws {
    let world = try World()
    var definition = BodyDefinition(.dynamic, at: [1, -2], angle: 0.3)
    definition.velocity = [3, -4]
    definition.angularVelocity = 2
    definition.linearDamping = 0.8
    definition.angularDamping = 1.7
    let body = try world.makeBody(definition)
    try body.addCircle(radius: 0.5)
    let seconds = 1.0 / 120
    var position = SIMD2(1.0, -2.0)
    var velocity = SIMD2(3.0, -4.0)
    var angle = 0.3
    var spin = 2.0
    for _ in 0..<240 {
      try world.step(seconds: Float(seconds))
      velocity /= 1 + 0.8 * seconds
      spin /= 1 + 1.7 * seconds
      position += velocity * seconds
      angle += spin * seconds
    }
    let motion = body.motion
    let found = [
      motion.position.x, motion.position.y, motion.angle, motion.velocity.x, motion.velocity.y,
      motion.angularVelocity,
    ].map(Double.init)
    let exact = [position.x, position.y, angle, velocity.x, velocity.y, spin]
    expectClose(found, exact, relative: 1e-4, absolute: 1e-5)
    // The differential equation v' = -c v, to the order of the step.
    #expect(abs(Double(motion.velocity.x) - 3 * exp(-0.8 * 2)) < 0.01)
  }

  @Test func `a body weighs what it is told to, whatever its fixtures`() throws {
    let world = try World()
    let body = try world.makeBody(BodyDefinition(.dynamic, at: [3, 1], angle: 0.5))
    try body.addBox(halfWidth: 1, halfHeight: 2)
    let mass = Body.Mass(mass: 1.5, inertia: 4, center: [0.5, -0.25])
    try body.setMass(mass)
    expectClose(body.mass.mass, 1.5, relative: 1e-6)
    expectClose(body.mass.inertia, 4, relative: 1e-5)
    #expect(body.mass.center == mass.center)
    // It turns about that centre, which stays where it is.
    let center = SIMD2(3 + 0.5 * cos(0.5) + 0.25 * sin(0.5), 1 + 0.5 * sin(0.5) - 0.25 * cos(0.5))
    try body.setVelocity(.zero, angular: 1)
    for _ in 0..<50 { try world.step(seconds: 0.02) }
    let motion = body.motion
    let (cosine, sine) = (cos(Double(motion.angle)), sin(Double(motion.angle)))
    let found = [
      Double(motion.position.x) + 0.5 * cosine + 0.25 * sine,
      Double(motion.position.y) + 0.5 * sine - 0.25 * cosine,
    ]
    expectClose(found, [center.x, center.y], absolute: 1e-4)
    for bad in [(0, 1), (1, 0), (.nan, 1), (1, .infinity), (-1, 1)] as [(Float, Float)] {
      #expect(throws: PhysicsError.self) {
        try body.setMass(Body.Mass(mass: bad.0, inertia: bad.1, center: .zero))
      }
    }
  }

  @Test(arguments: [0, 0.5, 1] as [Float])
  func `two discs keep their momentum and give back the restitution's share of speed`(
    restitution: Float
  ) throws {
    let world = try World()
    var bodies: [Body] = []
    for (x, speed, radius) in [(-1, 3, 0.4), (1, -1, 0.6)] as [(Float, Float, Float)] {
      var definition = BodyDefinition(.dynamic, at: [x, 0])
      definition.velocity = [speed, 0]
      let body = try world.makeBody(definition)
      try body.addCircle(
        radius: radius, material: Material(density: 2, friction: 0, restitution: restitution))
      bodies.append(body)
    }
    func momentum() -> SIMD2<Float> {
      bodies.reduce(SIMD2<Float>.zero) { $0 + $1.motion.velocity * $1.mass.mass }
    }
    let before = momentum()
    for _ in 0..<60 { try world.step(seconds: 1.0 / 60) }
    let after = momentum()
    #expect(abs(after.x - before.x) < 1e-3 && abs(after.y - before.y) < 1e-3)
    let separation = bodies[1].motion.velocity.x - bodies[0].motion.velocity.x
    #expect(abs(separation - 4 * restitution) < 0.02)
  }

  @Test func `floor friction stops a body after v²/2a and then holds it`() throws {
    let world = try World()
    var definition = BodyDefinition(.dynamic)
    definition.velocity = [4, 0]
    let body = try world.makeBody(definition)
    try body.addBox(halfWidth: 0.5, halfHeight: 0.5)
    try body.addFloorFriction(maxForce: body.mass.mass * 8, maxTorque: 1)
    for _ in 0..<500 { try world.step(seconds: 1.0 / 500) }
    #expect(abs(body.motion.position.x - 1) < 0.01)
    #expect(body.motion.velocity == .zero)
  }

  @Test func `masses and inertias are those of discs and rectangles`() throws {
    let world = try World()
    let disc = try world.makeBody(BodyDefinition(.dynamic))
    try disc.addCircle(radius: 0.7, at: [0.2, 0.1], material: Material(density: 3))
    let mass = Float.pi * 0.49 * 3
    #expect(abs(disc.mass.mass - mass) < 1e-4)
    #expect(abs(disc.mass.inertia - mass * 0.49 / 2) < 1e-3)
    #expect(disc.mass.center == [0.2, 0.1])
    let box = try world.makeBody(BodyDefinition(.dynamic))
    try box.addBox(halfWidth: 1, halfHeight: 0.5, material: Material(density: 2))
    #expect(abs(box.mass.mass - 4) < 1e-4)
    #expect(abs(box.mass.inertia - 4.0 * (4 + 1) / 12) < 1e-3)
  }
}

@Suite struct `Worlds` {
  /// Discs and boxes that run into each other.
  private func crowd() throws -> (World, [Body]) {
    let world = try World()
    let bodies = try (0..<8).map { index in
      let angle = Float(index) * 0.8
      var definition = BodyDefinition(.dynamic, at: [3 * cosf(angle), 2 * sinf(angle)])
      definition.velocity = [-4 * cosf(angle), -3 * sinf(angle)]
      let body = try world.makeBody(definition)
      if index.isMultiple(of: 2) {
        try body.addBox(halfWidth: 0.4, halfHeight: 0.3)
      } else {
        try body.addCircle(radius: 0.4)
      }
      return body
    }
    return (world, bodies)
  }

  @Test func `the same world runs the same way to the last bit`() throws {
    let (first, bodies) = try crowd()
    let (second, others) = try crowd()
    var touched = 0
    for _ in 0..<200 {
      try first.step(seconds: 1.0 / 60)
      try second.step(seconds: 1.0 / 60)
      touched += first.contacts.count
      #expect(first.contacts == second.contacts)
      #expect(bodies.map(\.motion) == others.map(\.motion))
    }
    #expect(touched > 0)
  }

  @Test func `contacts name the bodies that touch, with the direction between them`() throws {
    let world = try World()
    let wall = try world.makeBody(BodyDefinition(.fixed, at: [-1, 0]))
    try wall.addCircle(radius: 1)
    let disc = try world.makeBody(BodyDefinition(.dynamic, at: [0.6, 0.8]))
    try disc.addCircle(radius: 1)
    let far = try world.makeBody(BodyDefinition(.dynamic, at: [9, 0]))
    try far.addCircle(radius: 1)
    #expect(world.contacts.isEmpty)
    try world.step(seconds: 1.0 / 60)
    let contacts = world.contacts
    #expect(contacts.count == 1)
    let contact = try #require(contacts.first)
    #expect(Set([contact.first, contact.second]) == [wall.number, disc.number])
    let sign: Float = contact.first == wall.number ? 1 : -1
    let between = (disc.motion.position - wall.motion.position)
    let along = contact.normal * sign * (between.x * between.x + between.y * between.y).squareRoot()
    #expect(abs(along.x - between.x) < 1e-4 && abs(along.y - between.y) < 1e-4)
  }

  @Test func `categories and masks decide what collides`() throws {
    let world = try World()
    for x: Float in [0, 0.1] {
      let body = try world.makeBody(BodyDefinition(.dynamic, at: [x, 0]))
      try body.addCircle(radius: 1, material: Material(category: 2, mask: 4))
    }
    try world.step(seconds: 1.0 / 60)
    #expect(world.contacts.isEmpty)
  }

  @Test func `a body keeps its world alive`() throws {
    let body = try {
      var definition = BodyDefinition(.kinematic)
      definition.velocity = [1, 0]
      return try World().makeBody(definition)
    }()
    try body.world.step(seconds: 0.5)
    #expect(body.motion.position == [0.5, 0])
    try body.setPose(position: [2, 3], angle: 1)
    try body.setVelocity([0, 1], angular: 2)
    #expect(body.motion.position == [2, 3] && body.motion.angularVelocity == 2)
  }

  @Test func `what no world can use is refused`() throws {
    let world = try World()
    let body = try world.makeBody(BodyDefinition(.dynamic))
    #expect(throws: PhysicsError.self) {
      try world.makeBody(BodyDefinition(.dynamic, at: [.nan, 0]))
    }
    var damped = BodyDefinition(.dynamic)
    damped.linearDamping = -1
    #expect(throws: PhysicsError.self) { try world.makeBody(damped) }
    for radius: Float in [0, -1, .nan, .infinity, 1e-9, 1e9] {
      #expect(throws: PhysicsError.self) { try body.addCircle(radius: radius) }
    }
    #expect(throws: PhysicsError.self) { try body.addCircle(radius: 0.01, at: [50, 0]) }
    let degenerate: [[SIMD2<Float>]] = [
      [], [[0, 0], [1, 0]], [[0, 0], [1, 0], [2, 0]], [[0, 0], [0, 0], [0, 0], [0, 0]],
      [[0, 0], [1, 0], [1, 0.0001]], Array(repeating: [1, 1], count: 9),
      [[0, 0], [1, 0], [.nan, 1]],
    ]
    for vertices in degenerate {
      #expect(throws: PhysicsError.self) { try body.addPolygon(vertices) }
    }
    #expect(throws: PhysicsError.self) {
      try body.addCircle(radius: 1, material: Material(density: -1))
    }
    #expect(throws: PhysicsError.self) { try body.addFloorFriction(maxForce: .nan, maxTorque: 0) }
    for seconds: Float in [0, -1, .nan, .infinity] {
      #expect(throws: PhysicsError.self) { try world.step(seconds: seconds) }
    }
    #expect(throws: PhysicsError.self) { try world.step(seconds: 1, velocityIterations: 0) }
    #expect(throws: PhysicsError.self) { try body.setPose(position: [0, .infinity], angle: 0) }
    let failure = #expect(throws: PhysicsError.self) { try body.addCircle(radius: -1) }
    #expect(failure?.description.contains("circle of radius -1.0") == true)
  }
}
