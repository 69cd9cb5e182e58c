public import EnvironmentInterface
public import Neural

/// A body that sees the noisy chunk from every entity, in its own frame, so that what is learnt
/// about a thing in one place holds in all places.
///
/// ```
///                ┌ seen from entity 1 ─ sieve ─ answer turned back ┐
/// noisy chunk, ──┼ seen from entity 2 ─ sieve ─ answer turned back ┼─ softmax's mixture ─ outputs
/// observation    └ in the world ─────── sieve ─ answer ────────────┘  of the sieves' logits
/// ```
///
/// Of action j the place is Σ_k w_kj·(R_k·y_kj + s(t)·p_k): R_k and p_k are the rotation and place
/// of frame k, y_kj what its sieve answers, w_·j the softmax over frames of their logits, and s(t)
/// a learnt number.
///
/// The exact denoiser of "go to one of these things" has this form: the answer given the thing,
/// weighed by how likely the noisy chunk goes there. Entities of one kind share their sieve. An
/// answer turns with its frame and moves with it by a learnt share that depends on the noise step
/// alone: 1 where actions are predicted, almost 0 where noise is.
///
/// There is a frame of the world where every kind has one entity. Among several of a kind it would
/// only learn scenes by heart.
///
/// Where what is done is done with one thing *to another*, ``views`` put frames at the one that
/// look to the other, in place of those of single entities.
///
/// For methods whose outputs are not a chunk a linear head reads the mean over each kind's frames.
public struct SceneMixture: Backbone {
  /// The name by which it is chosen.
  public static let name = "scene"
  /// What it is.
  public static let summary = "the noisy action seen from every entity, answers mixed"

  /// The width of hidden layers.
  public var hiddenWidth: Int
  /// The number of hidden layers.
  public var depth: Int
  /// The width of the embedding of the noise step.
  public var embeddingWidth: Int
  /// Sines of the noisy places that a sieve is shown besides, at wavelengths 4, 2, 1 … of half the
  /// actions' range.
  public var waves: Int
  /// The entities, each as ``SceneEntity/init(parsing:)`` reads it; none for those that the
  /// recorded environment's observations name.
  public var entities: [String]
  /// Views in place of each entity's own frame, each as ``SceneView/init(parsing:)`` reads it; nil
  /// for none.
  public var views: [String]?
  /// Where they stand among the features; found by ``fitted(to:shape:environment:)``.
  public var layout: SceneLayout?

  /// Creates a backbone with three layers of 128.
  public init() { self.init(hiddenWidth: 128) }

  /// Creates a backbone.
  public init(
    hiddenWidth: Int, depth: Int = 3, embeddingWidth: Int = 64, waves: Int = 4,
    entities: [String] = [], views: [String]? = nil
  ) {
    self.hiddenWidth = hiddenWidth
    self.depth = depth
    self.embeddingWidth = embeddingWidth
    self.waves = waves
    self.entities = entities
    self.views = views
  }

  /// Checks the sizes.
  public func validate() throws {
    try Sieve(hiddenWidth: hiddenWidth, depth: depth, embeddingWidth: embeddingWidth).validate()
    try ImitationError.check("waves", waves, 0...16)
    for entity in entities { _ = try SceneEntity(parsing: entity) }
    for view in views ?? [] { _ = try SceneView(parsing: view) }
  }

  /// The sizes in words.
  public var words: String? {
    "\(depth) hidden layers of \(hiddenWidth) behind each frame"
      + (views.map { "; views \($0.joined(separator: " "))" } ?? "")
  }

  /// Finds the entities among the features.
  ///
  /// - Throws: ``ImitationError/optionOutOfRange(name:value:range:)`` where there are none, and for
  ///   one whose values the policy does not look at.
  public func fitted(
    to normalizer: Normalizer, shape: PolicyShape, environment: EnvironmentDescription?
  ) throws -> SceneMixture {
    var found = try entities.map { try SceneEntity(parsing: $0) }
    if found.isEmpty, let environment {
      found = SceneEntity.entities(of: environment, in: normalizer.observations.map(\.name))
    }
    guard !found.isEmpty else {
      throw ImitationError.optionOutOfRange(
        name: "the number of entities of a scene", value: "0",
        range: "1 or more: say where they stand, as in --entity block=block_pose:0:2")
    }
    var fitted = self
    fitted.layout = try SceneLayout(
      found, views: try (views ?? []).map { try SceneView(parsing: $0) }, in: normalizer)
    return fitted
  }

  /// Declares a sieve for each kind, one for the world, and what maps features to the plane.
  public func network(_ sizes: BackboneSizes, _ scope: ParameterScope) -> any BackboneNetwork {
    SceneNetwork(self, sizes, scope)
  }

  /// Sines and cosines of t.
  public func timeFeatures(step: Int, of total: Int) -> [Float] { NoiseStepFeatures.sinusoid(step) }
}

private struct SceneNetwork: BackboneNetwork {
  let sizes: BackboneSizes
  var viewpoints: [any SceneViewpoint]
  let world: SceneBody?
  let time: Embedding?
  let head: Linear?
  /// From normalised actions to the plane, and back.
  let plane, back: ConstantMap?

  init(_ scene: SceneMixture, _ sizes: BackboneSizes, _ scope: ParameterScope) {
    self.sizes = sizes
    let isTimed = sizes.timeFeatures > 0
    let answersChunk = sizes.noisyActions > 0 && sizes.outputs == sizes.chunkWidth
    time =
      isTimed
      ? Embedding(scope["time"], inputs: sizes.timeFeatures, width: scene.embeddingWidth) : nil
    let bodies = SceneBody.Sizes(
      width: scene.hiddenWidth, depth: scene.depth, context: isTimed ? scene.embeddingWidth : 0,
      answers: answersChunk ? sizes.noisyActions : 0, actionWidth: sizes.actionWidth)
    let places = scene.layout.map { Self.viewpoints($0, scope, bodies, scene, sizes) } ?? []
    viewpoints = places.map(\.viewpoint)
    world =
      scene.layout?.hasWorld ?? true
      ? SceneBody(scope["world"], bodies, shown: sizes.chunkWidth, observed: sizes.windowWidth)
      : nil
    head =
      answersChunk
      ? nil
      : Linear(
        scope["head"], inputs: scene.hiddenWidth * (places.count + (world == nil ? 0 : 1)),
        outputs: sizes.outputs)
    // Constants come after all that is trained.
    for index in places.indices { viewpoints[index].declareConstants(places[index].scope) }
    let reach = scene.layout?.reach ?? [1, 1]
    func scaling(_ name: String, _ factors: [Float]) -> ConstantMap {
      ConstantMap(
        scope[name], inputs: sizes.actionWidth,
        outputs: (0..<sizes.actionWidth).map {
          ConstantMap.Output($0, factor: $0 < factors.count ? factors[$0] : 1)
        })
    }
    plane = sizes.noisyActions > 0 ? scaling("plane", reach) : nil
    back = answersChunk ? scaling("back", reach.map { 1 / $0 }) : nil
  }

  /// The frames of each kind of entity, or of each view.
  private static func viewpoints(
    _ layout: SceneLayout, _ scope: ParameterScope, _ bodies: SceneBody.Sizes,
    _ scene: SceneMixture, _ sizes: BackboneSizes
  ) -> [(scope: ParameterScope, viewpoint: any SceneViewpoint)] {
    if let views = layout.views {
      return views.enumerated().map { index, view in
        let scope = scope["view"][index]
        return (scope, SceneViewFrames(scope, bodies, scene, view: view, layout, sizes))
      }
    }
    return layout.kinds.map { kind in
      let scope = scope[kind[0].kind]
      return (scope, SceneFrames(scope, bodies, scene, kind: kind, layout, sizes))
    }
  }

  func callAsFunction(_ inputs: BackboneInputs) -> Node {
    let noisy = inputs.noisyActions.flatMap { actions in plane.map { $0(actions) } }
    let context = inputs.time.flatMap { input in time.map { $0(input) } }
    var results = viewpoints.map { $0(inputs.observation, noisy, context) }
    if let world {
      results.append(
        world(
          shown: noisy?.reshaped([1, sizes.chunkWidth]),
          observed: inputs.observation.reshaped([1, sizes.windowWidth]), context: context))
    }
    if let head {
      return head(
        results.map(\.hidden).map { $0.reshaped([$0.rows, 1, $0.width]).meanPooled.flattened })
    }
    let logits = Node.concatenation(results.compactMap { $0.logits?.flattened })
    let frames = logits.count / sizes.noisyActions
    let mixed = Node.concatenation(results.compactMap { $0.answers?.flattened })
      .reshaped([frames, sizes.noisyActions, sizes.actionWidth]).mixed(by: logits)
    return (back.map { $0(mixed) } ?? mixed).flattened
  }
}
