/// Where a scene's entities stand among the features of one observation, and how features and
/// actions become places of one plane.
///
/// The plane's unit is half of the actions' range, its origin the middle of it, the same scale
/// across and up: features that were scaled apart mean nothing when they are subtracted.
public struct SceneLayout: Codable, Sendable, Hashable {
  /// What a feature is in the plane: slope · feature + offset.
  public struct Reading: Codable, Sendable, Hashable {
    /// Which feature of the observation.
    public var feature: Int
    /// Its factor.
    public var slope: Float
    /// What is added.
    public var offset: Float
  }

  /// One entity.
  public struct Place: Codable, Sendable, Hashable {
    /// Its kind.
    public var kind: String
    /// Across and up.
    public var position: [Reading]
    /// Cosine and sine of its angle; empty without one.
    public var angle: [Reading]
    /// 0 where it is not there, 1 where it is; nil for one that always is.
    public var presence: Reading?
    /// Features of its own.
    public var features: [Int]
  }

  /// One view's frames, by the indices of places.
  public struct View: Codable, Sendable, Hashable {
    /// Where they stand.
    public var origins: [Int]
    /// Where they look.
    public var targets: [Int]
  }

  /// The entities, those of one kind side by side.
  public var places: [Place]
  /// Views in place of each entity's own frame; nil for none.
  public var views: [View]?
  /// The number of the state's features; those of images come after them.
  public var width: Int
  /// Features that belong to no entity.
  public var plain: [Int]
  /// Half of the range of an action's first two values, in the plane's unit.
  public var reach: [Float]

  /// Finds entities among a policy's features.
  ///
  /// - Parameters:
  ///   - entities: The entities.
  ///   - views: From which of them one looks to which, in place of each on its own.
  ///   - normalizer: How observations and actions are scaled.
  /// - Throws: ``ImitationError/optionOutOfRange(name:value:range:)`` for an entity whose values
  ///   the policy does not look at, for actions that are not places, and for a view of an entity
  ///   that there is not.
  public init(
    _ entities: [SceneEntity], views: [SceneView] = [], in normalizer: Normalizer
  ) throws(ImitationError) {
    let action = normalizer.action
    guard action.featureWidth >= 2 else {
      throw .optionOutOfRange(
        name: "the width of actions", value: "\(action.featureWidth)",
        range: "2 or more for a scene: the first two are a place of the entities' plane")
    }
    guard normalizer.relative == nil else {
      throw .optionOutOfRange(
        name: "--relative", value: normalizer.relative?.first.map { "\($0)" } ?? "",
        range: "left out for a scene, which sees every action from each entity itself")
    }
    let half = (0..<2).map { (action.high[$0] - action.low[$0]) / 2 }
    let unit = max((half[0] + half[1]) / 2, 1e-6)
    reach = half.map { $0 / unit }
    let middle = (0..<2).map { (action.high[$0] + action.low[$0]) / 2 }
    var found: [(name: String, place: Place)] = []
    var used: Set<Int> = []
    for entity in entities {
      let columns = try Columns(entity, in: normalizer)
      var place = Place(
        kind: entity.kind, position: [], angle: columns.angle, presence: columns.presence,
        features: columns.features)
      for (axis, reading) in columns.position.enumerated() {
        place.position.append(
          Reading(
            feature: reading.feature, slope: reading.slope / unit,
            offset: (reading.offset - middle[axis]) / unit))
      }
      used.formUnion(
        (place.position + place.angle + [place.presence].compactMap { $0 }).map(\.feature))
      used.formUnion(place.features)
      found.append((entity.name, place))
    }
    let kinds = found.reduce(into: [String]()) {
      if !$0.contains($1.place.kind) { $0.append($1.place.kind) }
    }
    found = kinds.flatMap { kind in found.filter { $0.place.kind == kind } }
    places = found.map(\.place)
    let names = found.map(\.name)
    if !views.isEmpty {
      self.views = try views.map { view throws(ImitationError) in try View(view, names) }
    }
    width = normalizer.featureWidth
    plain = (0..<normalizer.featureWidth).filter { !used.contains($0) }
  }

  /// Whether the world is a frame beside those of the entities.
  var hasWorld: Bool { views == nil && kinds.allSatisfy { $0.count == 1 } }

  /// The entities of each kind, in order.
  var kinds: [[Place]] {
    places.reduce(into: [[Place]]()) { kinds, place in
      if kinds.last?.first?.kind == place.kind {
        kinds[kinds.count - 1].append(place)
      } else {
        kinds.append([place])
      }
    }
  }
}

extension SceneLayout.View {
  fileprivate init(_ view: SceneView, _ names: [String]) throws(ImitationError) {
    func index(_ name: String) throws(ImitationError) -> Int {
      guard let index = names.firstIndex(of: name) else {
        throw .optionOutOfRange(
          name: "an entity of a view", value: name, range: names.joined(separator: ", "))
      }
      return index
    }
    (origins, targets) = ([], [])
    for name in view.origins { origins.append(try index(name)) }
    for name in view.targets { targets.append(try index(name)) }
  }
}

/// An entity's values among the features, in the values' own units.
private struct Columns {
  var position, angle: [SceneLayout.Reading]
  var presence: SceneLayout.Reading?
  var features: [Int]

  init(_ entity: SceneEntity, in normalizer: Normalizer) throws(ImitationError) {
    var first = 0
    for scale in normalizer.observations {
      if scale.name == entity.observation {
        try self.init(entity, in: scale, from: first)
        return
      }
      first += scale.featureWidth
    }
    throw .optionOutOfRange(
      name: "the observation of the entity '\(entity.name)'", value: entity.observation,
      range: normalizer.observations.map(\.name).joined(separator: ", "))
  }

  private init(
    _ entity: SceneEntity, in scale: FeatureScale, from first: Int
  ) throws(ImitationError) {
    func reading(_ value: Int, part: Int = 0) throws(ImitationError) -> SceneLayout.Reading {
      guard (0..<scale.width).contains(value) else {
        throw .optionOutOfRange(
          name: "a value of the entity '\(entity.name)'", value: "\(value)",
          range: "0…\(scale.width - 1), the values of '\(scale.name)'")
      }
      let feature = value + scale.angles.count { $0 < value } + part
      let (low, high) = (scale.low[feature], scale.high[feature])
      // A feature that never changes is 0, whatever it is.
      return SceneLayout.Reading(
        feature: first + feature, slope: scale.isConstant(at: feature) ? 0 : (high - low) / 2,
        offset: (high + low) / 2)
    }
    position = [try reading(entity.position), try reading(entity.position + 1)]
    angle = []
    if let value = entity.cosine { angle = [try reading(value), try reading(value + 1)] }
    if let value = entity.angle {
      guard scale.angles.contains(value) else {
        throw .optionOutOfRange(
          name: "the angle of the entity '\(entity.name)'", value: "\(value)",
          range: "a value that is marked as an angle: --angle \(scale.name).\(value)")
      }
      angle = [try reading(value), try reading(value, part: 1)]
    }
    if let value = entity.presence { presence = try reading(value) }
    features = []
    for value in entity.features { features.append(try reading(value).feature) }
  }
}
