public import Neural

/// A body that sees the noisy chunk from every entity, in its own frame: who knows what to do about a
/// thing in one place knows it in all places.
///
/// ```
///                  ┌ seen from entity 1 ─ sieve ─ answer turned back ┐
/// noisy chunk, ────┼ seen from entity 2 ─ sieve ─ answer turned back ┼─ mixed by a softmax ─ outputs
/// observation      └ in the world ─────── sieve ─ answer ────────────┘   of the sieves' logits
/// ```
///
/// The exact denoiser of "go to one of these things" has this form: the answer given the thing, weighed
/// by how likely the noisy chunk goes there. Entities of one kind share their sieve. Each answers in
/// its own directions; the answers are displacements, as noise and velocities are, which turn with
/// the frame and do not move with it.
///
/// For methods whose outputs are no chunk a linear head reads the mean over all frames.
public struct SceneBackbone: Backbone {
  private let layout: SceneLayout
  private let kinds: [SceneFrames]
  private let world: SceneBody?
  private let time: Sieve2?
  private let head: Linear?
  private let reach: ConstantMap?
  private let plane: ConstantMap?
  private let sizes: BackboneSizes

  /// Declares a sieve for each kind, one for the world, and what maps features to the plane.
  public init(
    _ configuration: BackboneConfiguration, _ layout: SceneLayout, _ sizes: BackboneSizes,
    _ scope: ParameterScope
  ) {
    self.layout = layout
    self.sizes = sizes
    let (width, depth, embedded) = (
      configuration.hiddenWidth, configuration.depth, configuration.embeddingWidth
    )
    let context = sizes.timeFeatures > 0 ? embedded : 0
    time =
      sizes.timeFeatures > 0
      ? Sieve2(scope["time"], inputs: sizes.timeFeatures, width: embedded) : nil
    let answersChunk = sizes.noisyActions > 0 && sizes.outputs == sizes.chunkWidth
    let bodies = SceneBody.Sizes(
      width: width, depth: depth, context: context,
      answers: answersChunk ? sizes.noisyActions : 0, actionWidth: sizes.actionWidth)
    world = Trial.world ? SceneBody(
      scope["world"], bodies, shown: sizes.chunkWidth, observed: sizes.windowWidth) : nil
    let groups = layout.kinds
    var kinds = groups.map { group in
      SceneFrames(scope[group[0].kind], bodies, group, in: layout, sizes)
    }
    head =
      answersChunk
      ? nil
      : Linear(scope["head"], inputs: width * (groups.count + (world == nil ? 0 : 1)), outputs: sizes.outputs)
    // Constants stand behind all that is trained.
    for index in kinds.indices { kinds[index].declareConstants(scope) }
    self.kinds = kinds
    plane = sizes.noisyActions > 0 ? Self.scaling(scope["plane"], layout.reach, sizes) : nil
    reach =
      answersChunk
      ? Self.scaling(scope["reach"], layout.reach.map { 1 / $0 }, sizes) : nil
  }

  private static func scaling(
    _ scope: ParameterScope, _ factors: [Float], _ sizes: BackboneSizes
  ) -> ConstantMap {
    ConstantMap(
      scope, inputs: sizes.actionWidth,
      outputs: (0..<sizes.actionWidth).map {
        ConstantMap.Output($0, factor: $0 < 2 ? factors[$0] : 1)
      })
  }

  /// Records the network.
  public func callAsFunction(_ inputs: BackboneInputs) -> Node {
    let noisy = inputs.noisyActions.flatMap { actions in plane.map { $0(actions) } }
    let embeddedTime = inputs.time.flatMap { input in time.map { $0(input) } }
    let context = [embeddedTime].compactMap { $0 }
    var answers: [Node] = []
    var logits: [Node] = []
    var hidden: [Node] = []
    func take(_ result: SceneBody.Result) {
      answers += result.answers.map { [$0.flattened] } ?? []
      logits += result.logits.map { [$0.flattened] } ?? []
      hidden.append(result.hidden)
    }
    for kind in kinds { take(kind(inputs.observation, noisy, context)) }
    if let world {
      take(
        world(
          shown: noisy?.reshaped([1, sizes.chunkWidth]),
          observed: inputs.observation.reshaped([1, sizes.windowWidth]), context: context))
    }
    if let head {
      return head(
        hidden.map { $0.reshaped([$0.rows, 1, $0.width]).meanPooled.flattened })
    }
    let frames = logits.reduce(0) { $0 + $1.count } / sizes.noisyActions
    let mixed = Node.concatenation(answers)
      .reshaped([frames, sizes.noisyActions, sizes.actionWidth])
      .mixed(by: Node.concatenation(logits).reshaped([frames, sizes.noisyActions]))
    return (reach.map { $0(mixed) } ?? mixed).flattened
  }

  /// As the sieve's.
  public static func timeFeatures(step: Int, of total: Int) -> [Float] {
    SieveBackbone.timeFeatures(step: step, of: total)
  }
}
