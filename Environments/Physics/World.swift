import CBox2D

/// A two-dimensional world seen from above: no gravity, bodies that rub on the floor.
///
/// Lengths are Box2D's: it is made for bodies of 0.1 to 10 units. A world only gains bodies; to
/// remove one, or to forget the contact impulses that the solver keeps from step to step, build a
/// new world, which takes microseconds. One thread at a time may use a world.
public final class World {
  /// Two bodies that touch.
  public struct Contact: Sendable, Hashable {
    /// The numbers of the two bodies.
    public var first, second: Int
    /// The direction from the first to the second, of length 1.
    public var normal: SIMD2<Float>
  }

  let handle: OpaquePointer

  /// Creates an empty world.
  ///
  /// - Throws: ``PhysicsError/failure(doing:)`` when there is no memory for it.
  public init() throws {
    guard let handle = CBox2D_world_create() else {
      throw PhysicsError.failure(doing: "creating a world")
    }
    self.handle = handle
  }

  deinit { CBox2D_world_destroy(handle) }

  /// Adds a body without fixtures.
  ///
  /// - Throws: ``PhysicsError`` for a NaN, an infinity or a negative damping.
  public func makeBody(_ definition: BodyDefinition) throws -> Body {
    var raw = CBox2D_body_definition()
    raw.kind = definition.kind.rawValue
    raw.position = (definition.position.x, definition.position.y)
    raw.angle = definition.angle
    raw.velocity = (definition.velocity.x, definition.velocity.y)
    raw.angular_velocity = definition.angularVelocity
    raw.linear_damping = definition.linearDamping
    raw.angular_damping = definition.angularDamping
    raw.fixed_rotation = definition.hasFixedRotation ? 1 : 0
    let number = CBox2D_body_create(handle, &raw)
    try PhysicsError.check(number, doing: "creating a body")
    return Body(world: self, number: Int(number))
  }

  /// Advances the world.
  ///
  /// - Parameters:
  ///   - seconds: How far, above 0.
  ///   - velocityIterations: Iterations of the solver of velocities; 8 is Box2D's advice.
  ///   - positionIterations: Iterations of the solver of overlaps; 3 is Box2D's advice.
  /// - Throws: ``PhysicsError`` for a time or a count that is not above 0.
  public func step(
    seconds: Float, velocityIterations: Int = 8, positionIterations: Int = 3
  ) throws {
    let status = CBox2D_world_step(
      handle, seconds, Int32(clamping: velocityIterations), Int32(clamping: positionIterations))
    try PhysicsError.check(status, doing: "stepping by \(seconds) s")
  }

  /// The pairs of bodies that touch now, once for each pair of touching fixtures.
  public var contacts: [Contact] {
    let count = Int(CBox2D_world_contacts(nil, handle, 0))
    guard count > 0 else { return [] }
    let raw = [CBox2D_contact](unsafeUninitializedCapacity: count) { buffer, initialized in
      let found = CBox2D_world_contacts(buffer.baseAddress, handle, Int32(count))
      initialized = min(count, Int(found))
    }
    return raw.map {
      Contact(
        first: Int($0.first), second: Int($0.second), normal: SIMD2($0.normal.0, $0.normal.1))
    }
  }
}
