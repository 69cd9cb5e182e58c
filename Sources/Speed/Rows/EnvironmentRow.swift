import EnvironmentInterface
import Randomness

/// How many steps of an environment a thread makes in a second.
public struct EnvironmentRow: Codable, Sendable, Hashable {
  /// The name of the row.
  public var row: String
  /// Steps a second of random actions, with the flat observations after each, and the episodes'
  /// beginnings.
  public var stepsPerSecond: Double
  /// How many steps were made.
  public var steps: Int

  /// Measures an environment.
  ///
  /// - Parameters:
  ///   - name: Its name.
  ///   - registry: The environments.
  ///   - seconds: For how long.
  /// - Returns: The figure.
  /// - Throws: What the environment throws.
  static func measure(
    _ name: String, in registry: EnvironmentRegistry, seconds: Double
  ) throws -> EnvironmentRow {
    let environment = try registry.make(name)
    let description = environment.description
    let observed = description.observations.filter { $0.elementType == .float32 }.map(\.name)
    var random = RandomStream(seed: 0, purpose: .demonstrator)
    let actions = (0..<1000).map { _ in
      description.action.components.map {
        Float(random.uniform(from: Double($0.low), to: Double($0.high)))
      }
    }
    environment.reset(seed: 0)
    var (steps, episodes) = (0, 0)
    let start = ContinuousClock.now
    while steps.isMultiple(of: 64) == false || ContinuousClock.now - start < .seconds(seconds) {
      _ = try environment.observations(observed)
      // An action is held for a while, so that it leads somewhere.
      let result = try environment.step(actions[steps / 8 % actions.count])
      steps += 1
      if result.isFinished {
        episodes += 1
        environment.reset(seed: UInt64(episodes))
      }
    }
    let taken = (ContinuousClock.now - start) / .seconds(1)
    return EnvironmentRow(
      row: SpeedRow.environment(name).description, stepsPerSecond: Double(steps) / taken,
      steps: steps)
  }
}
