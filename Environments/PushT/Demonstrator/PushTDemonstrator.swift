public import EnvironmentInterface
import Randomness

/// Shows how the T is brought to its goal: one push after another, each the best of many that it
/// tries in clones of the world.
public final class PushTDemonstrator: Demonstrator {
  private let environment: PushTEnvironment
  private var random = RandomStream(seed: 0, purpose: .demonstrator)
  private var pace = Pace(travelling: 240, pushing: 100)
  private var targets: ArraySlice<SIMD2<Float>> = []
  private var pushes = 0

  /// Creates a demonstrator of an environment; it needs a ``begin(seed:)`` for each episode.
  public init(_ environment: PushTEnvironment) {
    self.environment = environment
    begin(seed: 0)
  }

  /// Throws the episode's coins; the same seed gives the same.
  public func begin(seed: UInt64) {
    random = RandomStream(seed: seed, purpose: .demonstrator)
    pace.travelling = Float(random.uniform(from: 200, to: 280))
    targets = []
    pushes = 0
  }

  /// The episode's pace, in pixels a second.
  public var choices: [String: String] { ["pace": String(pace.travelling), "pushes": "\(pushes)"] }

  /// The target position for the agent: shape [2].
  public func action() -> [Float] {
    let field = environment.field
    if targets.isEmpty {
      pace.pushing = min(max(40 + StrokePlanner.distance(field.block), 50), 110)
      let planner = StrokePlanner(field: field, pace: pace)
      // Without a push, or without memory to try one, the agent goes to the middle.
      let plan = try? planner.plan(using: &random)
      targets = plan?.targets[...] ?? [SIMD2(256, 256)]
      pushes += 1
    }
    let target = targets.popFirst() ?? field.agent
    return [target.x, target.y]
  }
}
