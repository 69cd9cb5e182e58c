public import EnvironmentInterface

/// A thing of the plane that a policy sees: which values of an observation say where it is.
public struct SceneEntity: Sendable, Hashable {
  /// What it is called.
  public var name: String
  /// Entities of one kind share their part of the network, so that they can be many.
  public var kind: String
  /// The observation that holds its values.
  public var observation: String
  /// Which value is its place across; the next is its place up.
  public var position: Int
  /// Which value is the angle in radians by which it is turned; nil for none.
  public var angle: Int?
  /// Which value is that angle's cosine, the next being its sine; nil for none.
  public var cosine: Int?
  /// Which value is 0 where the thing is not there; nil for one that always is.
  public var presence: Int?
  /// Further values of its own, such as what it looks like.
  public var features: [Int]

  /// Creates an entity.
  public init(
    name: String, kind: String? = nil, observation: String, position: Int, angle: Int? = nil,
    cosine: Int? = nil, presence: Int? = nil, features: [Int] = []
  ) {
    self.name = name
    self.kind = kind ?? name
    self.observation = observation
    self.position = position
    self.angle = angle
    self.cosine = cosine
    self.presence = presence
    self.features = features
  }

  /// Reads an entity such as `block=block_pose:0:2`: its name, the observation, where its position
  /// begins and, if it is turned, which value is its angle in radians.
  ///
  /// - Throws: ``ImitationError/optionOutOfRange(name:value:range:)``.
  public init(parsing text: String) throws(ImitationError) {
    let sides = text.split(separator: "=", maxSplits: 1).map(String.init)
    let places = sides.last?.split(separator: ":").map(String.init) ?? []
    let indices = places.dropFirst().map { Int($0) }
    guard sides.count == 2, (2...3).contains(places.count),
      indices.allSatisfy({ ($0 ?? -1) >= 0 }), let position = indices.first ?? nil
    else {
      throw .optionOutOfRange(
        name: "an entity", value: text,
        range: "NAME=OBSERVATION:POSITION or NAME=OBSERVATION:POSITION:ANGLE, such as"
          + " block=block_pose:0:2")
    }
    self.init(
      name: sides[0], observation: places[0], position: position,
      angle: indices.count > 1 ? indices[1] : nil)
  }

  /// The entities that an environment's observations name: whatever has components `NAME_x` and
  /// `NAME_y` side by side, with `NAME_angle`, or `NAME_cos` and `NAME_sin`, for its direction,
  /// `NAME_present`, and further components that begin with its name.
  ///
  /// Names that differ in a number alone are of one kind.
  ///
  /// - Parameters:
  ///   - environment: The environment.
  ///   - observations: The observations to look through.
  /// - Returns: The entities in the order of the values.
  public static func entities(
    of environment: EnvironmentDescription, in observations: [String]
  ) -> [SceneEntity] {
    environment.observations.filter { observations.contains($0.name) }.flatMap { space in
      let names = space.components.map(\.name)
      return names.indices.compactMap { index -> SceneEntity? in
        guard names[index].hasSuffix("_x"), index + 1 < names.count else { return nil }
        let name = String(names[index].dropLast(2))
        guard names[index + 1] == "\(name)_y" else { return nil }
        return entity(name, at: index, in: space.name, names)
      }
    }
  }

  private static func entity(
    _ name: String, at index: Int, in observation: String, _ names: [String]
  ) -> SceneEntity {
    func place(_ part: String) -> Int? { names.firstIndex(of: "\(name)_\(part)") }
    var used = Set([index, index + 1])
    let (angle, presence) = (place("angle"), place("present"))
    var cosine = place("cos")
    if let found = cosine, place("sin") != found + 1 { cosine = nil }
    used.formUnion([angle, presence, cosine, cosine.map { $0 + 1 }].compactMap { $0 })
    return SceneEntity(
      name: name, kind: String(name.filter { !$0.isNumber }), observation: observation,
      position: index, angle: angle, cosine: cosine, presence: presence,
      features: names.indices.filter { names[$0].hasPrefix("\(name)_") && !used.contains($0) })
  }
}
