/// A named array that an environment reports or accepts: its shape, element type, ranges and units.
public struct Space: Codable, Sendable, Hashable {
  /// How one element is stored.
  public enum ElementType: String, Codable, Sendable {
    /// 32-bit floating point, in the units of the space's components.
    case float32
    /// A byte; images are height × width × 3 bytes of red, green and blue.
    case uint8
  }

  /// One number of a flat space: its name, range and unit.
  public struct Component: Codable, Sendable, Hashable {
    /// The component's name, such as `x` or `block_angle`.
    public var name: String
    /// The smallest value that it takes.
    public var low: Float
    /// The largest value that it takes.
    public var high: Float
    /// Its unit, such as `m` or `rad`; empty for a pure number.
    public var unit: String
    /// Whether it is an angle in radians, which policies see as cosine and sine.
    public var isAngle: Bool

    private enum CodingKeys: String, CodingKey {
      case name, low, high, unit
      case isAngle = "is_angle"
    }

    /// Creates a component of a flat space.
    public init(
      _ name: String, from low: Float, to high: Float, unit: String = "", isAngle: Bool = false
    ) {
      self.name = name
      self.low = low
      self.high = high
      self.unit = unit
      self.isAngle = isAngle
    }

    /// Reads a component, also as version 0.1 wrote it.
    public init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      name = try container.decode(String.self, forKey: .name)
      low = try container.decode(Float.self, forKey: .low)
      high = try container.decode(Float.self, forKey: .high)
      unit = try container.decode(String.self, forKey: .unit)
      isAngle = try container.decode(Bool.self, forKey: .isAngle, before: "isAngle", decoder)
    }
  }

  /// The space's name, the key of its values in observations and files.
  public var name: String
  /// The shape of one value, without any leading time or batch dimension.
  public var shape: [Int]
  /// How one element is stored.
  public var elementType: ElementType
  /// What each element means, in order; empty for images.
  public var components: [Component]

  private enum CodingKeys: String, CodingKey {
    case name, shape, components
    case elementType = "element_type"
  }

  /// Reads a space, also as version 0.1 wrote it.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    name = try container.decode(String.self, forKey: .name)
    shape = try container.decode([Int].self, forKey: .shape)
    components = try container.decode([Component].self, forKey: .components)
    elementType = try container.decode(
      ElementType.self, forKey: .elementType, before: "elementType", decoder)
  }

  /// A flat space of named numbers: shape [components.count].
  public init(_ name: String, _ components: [Component]) {
    self.name = name
    self.shape = [components.count]
    self.elementType = .float32
    self.components = components
  }

  /// An image of `height` × `width` pixels with three bytes each.
  public init(image name: String, height: Int, width: Int) {
    self.name = name
    self.shape = [height, width, 3]
    self.elementType = .uint8
    self.components = []
  }

  /// The number of elements of one value.
  public var count: Int { shape.reduce(1, *) }
}
