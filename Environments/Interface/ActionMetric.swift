/// A metric of a task's own: of many actions that an agent decides at one observation, in an
/// environment whose demonstrator's actions are known.
public struct ActionMetric: Sendable {
  /// Computes the value at an environment's present observation.
  ///
  /// Its arguments are the agent's actions, as many of the demonstrator's or more or fewer, at
  /// least one of each, and the environment.
  public typealias Computation =
    @Sendable (
      _ actions: [[Float]], _ demonstrated: [[Float]], _ environment: any KnownActionDistribution
    ) -> Double

  /// What the value means.
  public let definition: MetricDefinition
  /// Computes the value.
  public let value: Computation

  /// Creates a metric.
  public init(_ definition: MetricDefinition, value: @escaping Computation) {
    self.definition = definition
    self.value = value
  }

  /// The fraction of the actions that belong to a mode, 0…1.
  ///
  /// - Parameter definition: What modes are called here.
  /// - Returns: The metric.
  public static func onMode(_ definition: MetricDefinition) -> ActionMetric {
    ActionMetric(definition) { actions, _, environment in
      let counts = counts(of: actions, in: environment)
      return Double(counts.values.reduce(0, +)) / Double(actions.count)
    }
  }

  /// The fraction of the demonstrator's modes that the agent uses, 0…1.
  ///
  /// - Parameters:
  ///   - definition: What modes are called here.
  ///   - usedShare: A mode counts as used from this share of the draws that the demonstrator gives
  ///     it.
  /// - Returns: The metric.
  public static func modeCoverage(
    _ definition: MetricDefinition, usedShare: Double = 0.2
  ) -> ActionMetric {
    ActionMetric(definition) { actions, demonstrated, environment in
      let counts = counts(of: actions, in: environment)
      let expected = Self.counts(of: demonstrated, in: environment)
      let perDraw = Double(actions.count) / Double(demonstrated.count)
      let used = expected.count { mode, count in
        Double(counts[mode] ?? 0) >= usedShare * Double(count) * perDraw
      }
      return Double(used) / Double(max(expected.count, 1))
    }
  }

  private static func counts(
    of actions: [[Float]], in environment: any KnownActionDistribution
  ) -> [Int: Int] {
    actions.reduce(into: [:]) { counts, action in
      if let mode = environment.mode(of: action) { counts[mode, default: 0] += 1 }
    }
  }
}
