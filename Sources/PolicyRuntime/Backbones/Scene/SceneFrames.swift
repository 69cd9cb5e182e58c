internal import Neural

/// The frames of one kind of entity: what is seen from each, and the body that all share.
struct SceneFrames: SceneViewpoint {
  private let group: [SceneLayout.Place]
  private let layout: SceneLayout
  private let waves: Int
  private let sizes: BackboneSizes
  private let body: SceneBody
  /// Which entities are observed from these frames, as indices of the layout's places.
  private let seen: [Int]
  /// Maps from a step's features to poses, points, directions, own and plain features, and from
  /// presence to what is added to logits.
  private var poses, places, points, directions, own, plain, presence: ConstantMap?
  /// How far the answers move with the frame, by the context.
  private let share: Linear?

  private var frames: Int { group.count }
  /// Of a kind with one entity the frame says where the world is.
  private var isAlone: Bool { group.count == 1 }
  private var hasAngle: Bool { group.allSatisfy { !$0.angle.isEmpty } }
  private var seenAngles: [[SceneLayout.Reading]] {
    isAlone ? seen.map { layout.places[$0].angle }.filter { !$0.isEmpty } : []
  }
  /// Features of one step that belong to no entity, those of images among them.
  private let plainFeatures: [Int]

  /// Declares the body.
  init(
    _ scope: ParameterScope, _ bodies: SceneBody.Sizes, _ scene: SceneMixture,
    kind group: [SceneLayout.Place], _ layout: SceneLayout, _ sizes: BackboneSizes
  ) {
    waves = scene.waves
    self.group = group
    self.layout = layout
    self.sizes = sizes
    plainFeatures = layout.plain + Array(layout.width..<max(layout.width, sizes.observationWidth))
    let isAlone = group.count == 1
    seen = layout.places.indices.filter { isAlone || layout.places[$0].kind != group[0].kind }
    let angles =
      isAlone ? seen.count { !layout.places[$0].angle.isEmpty } + 1 : 0
    let points = seen.count + (isAlone ? 1 : 0)
    let observed =
      sizes.observations * (2 * points + 2 * angles + plainFeatures.count)
      + group[0].features.count
    share =
      bodies.answers > 0 && bodies.context > 0
      ? Linear(scope["share"], inputs: bodies.context, outputs: 1) : nil
    body = SceneBody(
      scope, bodies, shown: sizes.chunkWidth,
      observed: max(observed, 1) + waves * sizes.chunkWidth)
  }

  /// Declares the maps from features to the plane; behind all that is trained.
  mutating func declareConstants(_ scope: ParameterScope) {
    let inputs = sizes.observationWidth
    func map(_ name: String, _ outputs: [ConstantMap.Output]) -> ConstantMap? {
      outputs.isEmpty ? nil : ConstantMap(scope[name], inputs: inputs, outputs: outputs)
    }
    func read(_ reading: SceneLayout.Reading) -> ConstantMap.Output {
      ConstantMap.Output(reading.feature, factor: reading.slope, offset: reading.offset)
    }
    func constant(_ values: Float...) -> [ConstantMap.Output] {
      values.map { ConstantMap.Output(nil, offset: $0) }
    }
    poses = map("poses", group.flatMap { ($0.position + (hasAngle ? $0.angle : [])).map(read) })
    places = map(
      "places",
      group.flatMap { place in
        (0..<max(sizes.noisyActions, 1)).flatMap { _ in place.position.map(read) }
      })
    // The world's origin and direction come after those of the entities.
    points = map(
      "points",
      seen.flatMap { layout.places[$0].position.map(read) } + (isAlone ? constant(0, 0) : []))
    directions = map(
      "directions", seenAngles.flatMap { $0.map(read) } + (isAlone ? constant(1, 0) : []))
    own = map("own", group.flatMap { $0.features.map { ConstantMap.Output($0) } })
    plain = map("plain", plainFeatures.map { ConstantMap.Output($0) })
    presence = map("presence", layout.absences(group))
  }

  /// Records what the frames see and answer.
  func callAsFunction(_ observation: Node, _ noisy: Node?, _ context: Node?) -> SceneBody.Result {
    let latest = observation.tokens(sizes.observations - 1..<sizes.observations).flattened
    guard let poses = poses.map({ $0(latest).reshaped([frames, hasAngle ? 4 : 2]) }) else {
      preconditionFailure("a frame without a pose")
    }
    var observed: [Node] = []
    if let points {
      let places = points(observation)
      observed.append(
        places.reshaped([places.count / 2, 2]).seen(from: poses)
          .reshaped([frames, places.count]))
    }
    if let directions {
      let ways = directions(observation)
      observed.append(
        ways.reshaped([ways.count / 2, 2]).seen(from: poses, isDirection: true)
          .reshaped([frames, ways.count]))
    }
    if let own { observed.append(own(latest).reshaped([frames, group[0].features.count])) }
    if let plain { observed.append(plain(observation).flattened.repeated(frames)) }
    if observed.isEmpty { observed.append((poses * 0).columns(0..<1)) }
    let shown = noisy.map { $0.chunk(seenFrom: poses) }
    if let shown { observed += shown.waves(waves) }
    var result = body(
      shown: shown, observed: observed.count == 1 ? observed[0] : Node.concatenation(observed),
      context: context)
    var moved: Node?
    if let places, let share, let context {
      moved = places(latest).moved(by: share, context, frames: frames)
    }
    result.answers = result.answers.map { $0.turnedBack(by: poses, moved: moved) }
    if let presence {
      let mask = presence(latest)
      result.logits = result.logits.map { $0.lowered(by: mask) }
    }
    return result
  }
}
