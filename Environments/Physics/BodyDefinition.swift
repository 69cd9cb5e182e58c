import CBox2D

/// How a body begins.
public struct BodyDefinition: Sendable, Hashable {
  /// What moves a body.
  public enum Kind: Int32, Sendable {
    /// Nothing: a wall.
    case fixed = 0
    /// Its velocity alone; it pushes and is not pushed.
    case kinematic = 1
    /// Forces and contacts.
    case dynamic = 2
  }

  /// What moves it.
  public var kind: Kind
  /// Where its origin is.
  public var position: SIMD2<Float>
  /// How it is turned, in radians.
  public var angle: Float
  /// How fast it moves, a second.
  public var velocity: SIMD2<Float> = .zero
  /// How fast it turns, in radians a second.
  public var angularVelocity: Float = 0
  /// The rate at which its velocity decays, in 1/s.
  public var linearDamping: Float = 0
  /// The rate at which its angular velocity decays, in 1/s.
  public var angularDamping: Float = 0
  /// Whether it never turns.
  public var hasFixedRotation = false

  /// Creates a definition of a body at rest.
  public init(_ kind: Kind, at position: SIMD2<Float> = .zero, angle: Float = 0) {
    self.kind = kind
    self.position = position
    self.angle = angle
  }
}

/// What a fixture is made of, and what it collides with.
public struct Material: Sendable, Hashable {
  /// Mass by area.
  public var density: Float
  /// Coulomb's coefficient at contacts; two materials combine by their geometric mean.
  public var friction: Float
  /// How much of the speed of an impact comes back, 0…1; two materials combine by the larger.
  public var restitution: Float
  /// The groups that it is in, a bit each.
  public var category: UInt16
  /// The groups that it collides with, a bit each.
  public var mask: UInt16

  /// Creates a material.
  public init(
    density: Float = 1, friction: Float = 0.3, restitution: Float = 0, category: UInt16 = 1,
    mask: UInt16 = .max
  ) {
    self.density = density
    self.friction = friction
    self.restitution = restitution
    self.category = category
    self.mask = mask
  }

  var raw: CBox2D_material {
    CBox2D_material(
      density: density, friction: friction, restitution: restitution, category: category,
      mask: mask)
  }
}
