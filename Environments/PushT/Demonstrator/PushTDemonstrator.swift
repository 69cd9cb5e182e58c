public import EnvironmentInterface
import Randomness

/// Shows how the T is brought to its goal: one push after another, each the best of many that it
/// tries in clones of the world.
///
/// How fast it goes and which of the T's faces it would rather not push at are coins thrown at the
/// start of an episode. It counts on a steady hand but has not got one: its target trembles by a
/// few pixels, so that a policy sees how a push that went wrong is mended by the next one.
public final class PushTDemonstrator: Demonstrator {
  /// In pixels of the T's distance from its goal.
  private static let worstDistaste = 20.0

  private let environment: PushTEnvironment
  private var random = RandomStream(seed: 0, purpose: .demonstrator)
  private var pace = Pace(travelling: 240, pushing: 100)
  private var distastes: [Float] = []
  private var targets: ArraySlice<SIMD2<Float>> = []
  private var tremor = SIMD2<Float>.zero

  /// Creates a demonstrator of an environment; it needs a ``begin(seed:)`` for each episode.
  public init(_ environment: PushTEnvironment) {
    self.environment = environment
    begin(seed: 0)
  }

  /// Throws the episode's coins; the same seed gives the same.
  public func begin(seed: UInt64) {
    random = RandomStream(seed: seed, purpose: .demonstrator)
    pace.travelling = Float(random.uniform(from: 200, to: 280))
    distastes = TShape.outline.map { _ in Float(random.uniform(from: 0, to: Self.worstDistaste)) }
    targets = []
    tremor = .zero
  }

  /// The episode's coins: its `pace` in pixels a second, and the `favourite_face` to push at.
  public var choices: [String: String] {
    let favourite = distastes.indices.min { distastes[$0] < distastes[$1] } ?? 0
    return [
      "pace": String(pace.travelling), "favourite_face": TShape.faceNames[favourite],
    ]
  }

  /// The target position for the agent: shape [2].
  public func action() -> [Float] {
    let field = environment.field
    if targets.isEmpty {
      pace.pushing = min(max(40 + StrokePlanner.distance(field.block), 50), 110)
      let planner = StrokePlanner(field: field, pace: pace, distastes: distastes)
      // Without a push, or without memory to try one, the agent goes to the middle.
      let plan = try? planner.plan(using: &random)
      targets = plan?.targets[...] ?? [SIMD2(256, 256)]
    }
    tremor = 0.8 * tremor + 1.5 * SIMD2(Float(random.normal()), Float(random.normal()))
    let target = ((targets.popFirst() ?? field.agent) + tremor).clamped(
      lowerBound: .zero, upperBound: SIMD2(repeating: PushTField.size))
    return [target.x, target.y]
  }
}
