public import EnvironmentInterface
import Imitation
import Naming
public import Neural

/// Something that the speed benchmark measures, by its name on the command line.
public enum SpeedRow: Sendable, Hashable, CustomStringConvertible {
  /// One training step: `sieve-train-512`, or `sieve-train-512-mixed` with products of bfloat16s.
  case step(backbone: String, batch: Int, TrainingPrecision = .single)
  /// One decision of 50 noise steps, for so many observations at once: `sieve-decide-1`, or
  /// `sieve-decide-1-half` with weights of 16 bits and `sieve-decide-1-int8` of 8.
  case decision(backbone: String, observations: Int, WeightPrecision = .single)
  /// One decision of the same quality in 8 evaluations of the network: `sieve-decide-1-in-8`, or
  /// `sieve-decide-1-in-8-int8` with weights of 8 bits.
  case quickDecision(backbone: String, observations: Int, WeightPrecision = .single)
  /// The memory that training or deciding takes: `memory-train`, `memory-decide`.
  case memory(MemoryRow.Work)
  /// Steps of an environment: `environment-push`.
  case environment(String)
  /// Episodes that a policy plays: `rollouts-push`.
  case rollouts(String)

  /// The environment whose demonstrations and episodes stand for all.
  public static let task = "push"

  /// Everything that is measured, in order.
  ///
  /// - Parameter registry: The environments.
  /// - Returns: The rows.
  public static func all(_ registry: EnvironmentRegistry) -> [SpeedRow] {
    let networks = BackboneRegistry.standard.names.flatMap { backbone in
      [32, 512, 2048].flatMap { batch in
        TrainingPrecision.allCases.map { SpeedRow.step(backbone: backbone, batch: batch, $0) }
      }
        + [
          .decision(backbone: backbone, observations: 1),
          .decision(backbone: backbone, observations: 1, .half),
          .decision(backbone: backbone, observations: 1, .int8),
          .quickDecision(backbone: backbone, observations: 1),
          .quickDecision(backbone: backbone, observations: 1, .int8),
          .decision(backbone: backbone, observations: 100),
          .decision(backbone: backbone, observations: 100, .int8),
        ]
    }
    let environments = registry.entries.map { SpeedRow.environment($0.name) }
    return networks + MemoryRow.Work.allCases.map { .memory($0) } + environments
      + [.rollouts(task)]
  }

  /// The rows that a name or a part of names stands for.
  ///
  /// - Parameters:
  ///   - text: A whole name, or what the names that are meant contain.
  ///   - registry: The environments.
  /// - Returns: The rows, in order.
  /// - Throws: `UnknownName`, which lists all names.
  public static func matching(
    _ text: String, in registry: EnvironmentRegistry
  ) throws -> [SpeedRow] {
    let rows = all(registry)
    if let row = rows.first(where: { $0.description == text }) { return [row] }
    let matches = rows.filter { $0.description.contains(text) }
    guard !matches.isEmpty else {
      throw UnknownName(kind: "row", name: text, known: rows.map(\.description))
    }
    return matches
  }

  /// Whether it is timed for each number of threads.
  var isThreaded: Bool {
    switch self {
    case .step, .decision, .quickDecision: true
    default: false
    }
  }

  /// Its name.
  public var description: String {
    switch self {
    case .step(let backbone, let batch, let precision):
      "\(backbone)-train-\(batch)\(precision == .mixed ? "-mixed" : "")"
    case .decision(let backbone, let observations, let precision):
      "\(backbone)-decide-\(observations)\(suffix(precision))"
    case .quickDecision(let backbone, let observations, let precision):
      "\(backbone)-decide-\(observations)-in-\(SpeedTask.quickEvaluations)\(suffix(precision))"
    case .memory(let work): "memory-\(work.rawValue)"
    case .environment(let name): "environment-\(name)"
    case .rollouts(let name): "rollouts-\(name)"
    }
  }

  private func suffix(_ precision: WeightPrecision) -> String {
    precision == .single ? "" : "-\(precision)"
  }
}
