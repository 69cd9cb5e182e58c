public import EnvironmentInterface

/// One number of a benchmark: what it means, how it is shown and how it is computed.
///
/// This is the only place that knows it: tables, plots, protocols and reports ask the metric. A
/// task brings its own (``BenchmarkTask/metrics``).
public struct Metric: Sendable {
  /// Computes the value; nil where the material has not what it needs.
  public typealias Computation = @Sendable (MetricMaterial) throws -> Double?

  /// What the value means.
  public let definition: MetricDefinition
  /// Computes the value.
  let value: Computation

  /// The key in files, such as `state_wasserstein`.
  public var key: String { definition.key }

  /// Creates a metric.
  ///
  /// - Parameters:
  ///   - key: The key in files.
  ///   - title: The title of its column.
  ///   - direction: Which values are better.
  ///   - decimals: How many decimals are shown.
  ///   - definition: What it is, in one or two sentences.
  ///   - value: Computes it; nil where the material has not what it needs.
  public init(
    _ key: String, title: String, better direction: MetricDefinition.Direction, decimals: Int,
    _ definition: String, value: @escaping Computation
  ) {
    self.init(
      MetricDefinition(key, title: title, better: direction, decimals: decimals, definition),
      value: value)
  }

  /// Creates a metric from its definition and its computation.
  public init(_ definition: MetricDefinition, value: @escaping Computation) {
    self.definition = definition
    self.value = value
  }

  /// The value of each metric for which the material has what it needs, by its key.
  ///
  /// - Parameters:
  ///   - metrics: The metrics.
  ///   - material: What they are computed from.
  /// - Returns: The values.
  /// - Throws: What the metrics throw.
  public static func values(
    of metrics: [Metric], for material: MetricMaterial
  ) throws -> [String: Double] {
    var values: [String: Double] = [:]
    for metric in metrics { values[metric.key] = try metric.value(material) }
    return values
  }
}

extension Metric {
  /// What is measured in every task, with a task's own, in the order of the tables' columns.
  ///
  /// - Parameters:
  ///   - subtasks: How many sub-tasks the task has.
  ///   - own: The task's own metrics.
  /// - Returns: The metrics.
  public static func standard(subtasks: Int, own: [Metric] = []) -> [Metric] {
    ofEpisodes(subtasks: subtasks) + ofDecisions + own + [decisionMilliseconds]
  }

  /// What the results of several tasks have in their columns: each metric once.
  ///
  /// - Parameter tasks: The tasks.
  /// - Returns: The definitions in the order of the columns.
  /// - Throws: ``EvaluationError/ambiguousMetric(key:)`` for two different ones of one key.
  static func definitions(of tasks: [BenchmarkTask]) throws -> [MetricDefinition] {
    let all = standard(
      subtasks: tasks.map(\.description.subtasks.count).max() ?? 0, own: tasks.flatMap(\.metrics))
    return try all.map(\.definition).reduce(into: []) { definitions, definition in
      guard let same = definitions.first(where: { $0.key == definition.key }) else {
        definitions.append(definition)
        return
      }
      guard same == definition else { throw EvaluationError.ambiguousMetric(key: definition.key) }
    }
  }
}
