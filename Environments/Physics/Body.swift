import CBox2D

/// A body of a world, which it keeps alive.
public struct Body {
  /// Where a body is and how it moves.
  public struct Motion: Sendable, Hashable {
    /// Where its origin is.
    public var position: SIMD2<Float>
    /// How it is turned, in radians; full turns are counted.
    public var angle: Float
    /// How fast its centre of mass moves, a second.
    public var velocity: SIMD2<Float>
    /// How fast it turns, in radians a second.
    public var angularVelocity: Float
  }

  /// What a body weighs.
  public struct Mass: Sendable, Hashable {
    /// The mass.
    public var mass: Float
    /// The moment of inertia about the centre of mass.
    public var inertia: Float
    /// The centre of mass in the body's frame.
    public var center: SIMD2<Float>

    /// Creates a mass.
    public init(mass: Float, inertia: Float, center: SIMD2<Float>) {
      self.mass = mass
      self.inertia = inertia
      self.center = center
    }
  }

  /// The world that the body is in.
  public let world: World
  /// The body's number in its world, counted from 0 in the order of creation.
  public let number: Int

  /// Adds a circle.
  ///
  /// - Parameters:
  ///   - radius: The radius, above 0.
  ///   - center: The centre in the body's frame.
  ///   - material: What it is made of.
  /// - Throws: ``PhysicsError/badArgument(doing:)``.
  public func addCircle(
    radius: Float, at center: SIMD2<Float> = .zero, material: Material = Material()
  ) throws {
    var raw = material.raw
    let point = [center.x, center.y]
    let status = CBox2D_circle_create(world.handle, Int32(number), point, radius, &raw)
    try PhysicsError.check(status, doing: "adding a circle of radius \(radius)")
  }

  /// Adds the convex hull of 3 to 8 vertices.
  ///
  /// - Parameters:
  ///   - vertices: The corners in the body's frame.
  ///   - material: What it is made of.
  /// - Throws: ``PhysicsError/badArgument(doing:)``.
  public func addPolygon(_ vertices: [SIMD2<Float>], material: Material = Material()) throws {
    var raw = material.raw
    let points = vertices.flatMap { [$0.x, $0.y] }
    let status = CBox2D_polygon_create(
      world.handle, Int32(number), points, Int32(clamping: vertices.count), &raw)
    try PhysicsError.check(status, doing: "adding a polygon of \(vertices.count) vertices")
  }

  /// Adds an upright rectangle.
  ///
  /// - Parameters:
  ///   - halfWidth: Half its extent along x, above 0.
  ///   - halfHeight: Half its extent along y, above 0.
  ///   - center: Its centre in the body's frame.
  ///   - material: What it is made of.
  /// - Throws: ``PhysicsError/badArgument(doing:)``.
  public func addBox(
    halfWidth: Float, halfHeight: Float, at center: SIMD2<Float> = .zero,
    material: Material = Material()
  ) throws {
    let corners: [SIMD2<Float>] = [[-1, -1], [1, -1], [1, 1], [-1, 1]]
    let half = SIMD2(halfWidth, halfHeight)
    try addPolygon(corners.map { center + $0 * half }, material: material)
  }

  /// Adds dry friction with the floor; call it after the fixtures, whose masses it acts on.
  ///
  /// - Parameters:
  ///   - maxForce: The force that at most opposes sliding: coefficient × mass × gravity.
  ///   - maxTorque: The torque that at most opposes turning.
  /// - Throws: ``PhysicsError/badArgument(doing:)``.
  public func addFloorFriction(maxForce: Float, maxTorque: Float) throws {
    let status = CBox2D_floor_friction_create(
      world.handle, Int32(number), maxForce, maxTorque)
    try PhysicsError.check(status, doing: "adding floor friction of at most \(maxForce)")
  }

  /// Where the body is and how it moves now.
  public var motion: Motion {
    var raw = CBox2D_motion()
    CBox2D_body_motion(&raw, world.handle, Int32(number))
    return Motion(
      position: SIMD2(raw.position.0, raw.position.1), angle: raw.angle,
      velocity: SIMD2(raw.velocity.0, raw.velocity.1), angularVelocity: raw.angular_velocity)
  }

  /// What the body weighs.
  public var mass: Mass {
    var raw = CBox2D_mass()
    CBox2D_body_mass(&raw, world.handle, Int32(number))
    return Mass(
      mass: raw.mass, inertia: raw.inertia, center: SIMD2(raw.center.0, raw.center.1))
  }

  /// Makes a dynamic body weigh what is said instead of what its fixtures do.
  ///
  /// Call it after the fixtures are added; another fixture would undo it.
  ///
  /// - Throws: ``PhysicsError/badArgument(doing:)`` for a mass or an inertia that is not above 0.
  public func setMass(_ mass: Mass) throws {
    var raw = CBox2D_mass(
      mass: mass.mass, inertia: mass.inertia, center: (mass.center.x, mass.center.y))
    let status = CBox2D_body_set_mass(world.handle, Int32(number), &raw)
    try PhysicsError.check(status, doing: "setting a mass of \(mass.mass)")
  }

  /// Puts the body somewhere; its velocity stays.
  ///
  /// - Throws: ``PhysicsError/badArgument(doing:)`` for a NaN or an infinity.
  public func setPose(position: SIMD2<Float>, angle: Float) throws {
    let status = CBox2D_body_set_pose(
      world.handle, Int32(number), [position.x, position.y], angle)
    try PhysicsError.check(status, doing: "placing a body at \(position)")
  }

  /// Sets how the body moves.
  ///
  /// - Throws: ``PhysicsError/badArgument(doing:)`` for a NaN or an infinity.
  public func setVelocity(_ velocity: SIMD2<Float>, angular: Float = 0) throws {
    let status = CBox2D_body_set_velocity(
      world.handle, Int32(number), [velocity.x, velocity.y], angular)
    try PhysicsError.check(status, doing: "setting a velocity of \(velocity)")
  }
}
