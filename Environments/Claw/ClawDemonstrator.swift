public import EnvironmentInterface
import Randomness

/// Chooses a toy at random by weight, and a point uniformly over its shrunk silhouette.
public final class ClawDemonstrator: Demonstrator {
  private let environment: ClawEnvironment
  private var random = RandomStream(seed: 0, purpose: .demonstrator)
  private var targets: [String] = []

  /// Creates a demonstrator of an environment.
  public init(_ environment: ClawEnvironment) {
    self.environment = environment
  }

  /// Starts an episode's draws; the same seed gives the same.
  public func begin(seed: UInt64) {
    random = RandomStream(seed: seed, purpose: .demonstrator)
    targets = []
  }

  /// Where the claw is to come down: shape [2]; the field's middle when no toy is left.
  public func action() -> [Float] {
    guard let (slot, point) = environment.drawAction(using: &random) else { return [0, 0] }
    targets.append(environment.field.toys[slot].kind.name)
    return [point.x, point.y]
  }

  /// The toys that it aimed at, in order: `toys` → `bear, ball`.
  public var choices: [String: String] { ["toys": targets.joined(separator: ", ")] }
}
