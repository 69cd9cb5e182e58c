internal import Neural

/// The frames of one view: at each of some entities, looking towards each of others.
///
/// All share one body, since each sees the others by the part that they play: its own entity, its
/// target, further entities such as its own, further targets, the rest.
struct SceneViewFrames: SceneViewpoint {
  /// An entity that a frame stands at and one that it looks to, as indices of the layout's places.
  private typealias Pair = (origin: Int, target: Int)

  private let layout: SceneLayout
  private let sizes: BackboneSizes
  private let waves: Int
  private let body: SceneBody
  private let pairs: [Pair]
  /// Of each frame the entities in the order of their parts.
  private let cast: [[Int]]
  /// Features of one step that belong to no entity, those of images among them.
  private let plainFeatures: [Int]
  private let share: Linear?
  private var positions, ways, places, points, directions, own, plain: ConstantMap?
  private var absences: [ConstantMap] = []

  private var frames: Int { pairs.count }
  private var pointCount: Int { layout.places.count + 1 }
  /// Which parts have a direction of their own.
  private let turning: [Int]

  /// Declares the body.
  init(
    _ scope: ParameterScope, _ bodies: SceneBody.Sizes, _ scene: SceneMixture,
    view: SceneLayout.View, _ layout: SceneLayout, _ sizes: BackboneSizes
  ) {
    self.layout = layout
    self.sizes = sizes
    waves = scene.waves
    pairs = view.origins.flatMap { origin in view.targets.map { (origin, $0) } }
    let rest = layout.places.indices.filter {
      !view.origins.contains($0) && !view.targets.contains($0)
    }
    let cast = pairs.map { pair in
      [pair.origin, pair.target] + view.origins.filter { $0 != pair.origin }
        + view.targets.filter { $0 != pair.target } + rest
    }
    self.cast = cast
    turning = layout.places.indices.filter { part in
      cast.allSatisfy { !layout.places[$0[part]].angle.isEmpty }
    }
    plainFeatures = layout.plain + Array(layout.width..<max(layout.width, sizes.observationWidth))
    let observed =
      sizes.observations
      * (2 * (layout.places.count + 1) + 2 * (turning.count + 1) + plainFeatures.count)
      + Self.features(of: cast, layout).map(\.count).reduce(0, max)
    share =
      bodies.answers > 0 && bodies.context > 0
      ? Linear(scope["share"], inputs: bodies.context, outputs: 1) : nil
    body = SceneBody(
      scope, bodies, shown: sizes.chunkWidth, observed: observed + waves * sizes.chunkWidth)
  }

  /// The entities' own features as each frame sees them; of parts that have equally many.
  private static func features(of cast: [[Int]], _ layout: SceneLayout) -> [[Int]] {
    let parts = layout.places.indices.filter { part in
      Set(cast.map { layout.places[$0[part]].features.count }).count == 1
    }
    return cast.map { frame in parts.flatMap { layout.places[frame[$0]].features } }
  }

  /// Declares the maps from features to the plane; behind all that is trained.
  mutating func declareConstants(_ scope: ParameterScope) {
    let inputs = sizes.observationWidth
    typealias Output = ConstantMap.Output
    func map(_ name: String, _ outputs: [Output]) -> ConstantMap? {
      outputs.isEmpty ? nil : ConstantMap(scope[name], inputs: inputs, outputs: outputs)
    }
    func read(_ reading: SceneLayout.Reading) -> Output {
      Output(reading.feature, factor: reading.slope, offset: reading.offset)
    }
    func position(_ place: Int) -> [Output] { layout.places[place].position.map(read) }
    positions = map("positions", pairs.flatMap { position($0.origin) })
    ways = map("ways", pairs.flatMap { position($0.target) })
    places = map(
      "places",
      pairs.flatMap { pair in
        (0..<max(sizes.noisyActions, 1)).flatMap { _ in position(pair.origin) }
      })
    // The world's origin and direction stand behind those of the entities.
    let origin = [Output(nil, offset: 0), Output(nil, offset: 0)]
    let direction = [Output(nil, offset: 1), Output(nil, offset: 0)]
    points = map("points", cast.flatMap { $0.flatMap(position) + origin })
    directions = map(
      "directions",
      cast.flatMap { frame in
        turning.flatMap { layout.places[frame[$0]].angle.map(read) } + direction
      })
    own = map("own", Self.features(of: cast, layout).flatMap { $0.map { Output($0) } })
    plain = map("plain", plainFeatures.map { Output($0) })
    absences = [
      map("origin_absence", layout.absences(pairs.map { layout.places[$0.origin] })),
      map("target_absence", layout.absences(pairs.map { layout.places[$0.target] })),
    ].compactMap { $0 }
  }

  /// Where the frames stand and where they look, [frames, 4].
  private func poses(_ latest: Node) -> Node? {
    guard let positions, let ways else { return nil }
    let stand = positions(latest).reshaped([frames, 2])
    let way = ways(latest).reshaped([frames, 2]) - stand
    // With its negative the mean is 0, so that normalising leaves the direction alone, √2 long.
    let unit = Node.concatenation([way, way * -1]).normalised(epsilon: 1e-9).columns(0..<2)
    return Node.concatenation([stand, unit * Float(0.5).squareRoot()])
  }

  /// Each frame's own pairs of numbers of all steps, as that frame sees them.
  private func seen(
    _ map: ConstantMap?, _ observation: Node, from poses: Node, isDirection: Bool
  ) -> Node? {
    map.map { map in
      let all = map(observation)
      let width = all.width / frames
      return Node.tokens(
        (0..<frames).map { frame in
          let mine = all.columns(frame * width..<(frame + 1) * width)
          return mine.reshaped([mine.count / 2, 2])
            .seen(from: poses.tokens(frame..<frame + 1), isDirection: isDirection)
            .reshaped([1, mine.count])
        })
    }
  }

  /// Records what the frames see and answer.
  func callAsFunction(_ observation: Node, _ noisy: Node?, _ context: Node?) -> SceneBody.Result {
    let latest = observation.tokens(sizes.observations - 1..<sizes.observations).flattened
    guard let poses = poses(latest) else { preconditionFailure("a view without frames") }
    var observed = [
      seen(points, observation, from: poses, isDirection: false),
      seen(directions, observation, from: poses, isDirection: true),
      own.map { map in
        let features = map(latest)
        return features.reshaped([frames, features.count / frames])
      },
      plain.map { $0(observation).flattened.repeated(frames) },
    ].compactMap { $0 }
    let shown = noisy.map { $0.chunk(seenFrom: poses) }
    if let shown { observed += shown.waves(waves) }
    var result = body(shown: shown, observed: Node.concatenation(observed), context: context)
    var moved: Node?
    if let places, let share, let context {
      moved = places(latest).moved(by: share, context, frames: frames)
    }
    result.answers = result.answers.map { $0.turnedBack(by: poses, moved: moved) }
    for absence in absences {
      let mask = absence(latest)
      result.logits = result.logits.map { $0.lowered(by: mask) }
    }
    return result
  }
}
