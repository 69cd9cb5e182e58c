import EnvironmentInterface
import Foundation
import Naming

/// How each method and network gets its own settings: the swept ones are rivals, each trained once
/// (seed 0) and rolled out from development starts; the best goes on.
///
/// Every method has the same rivals and the same criterion. Development starts are no evaluation
/// starts, so that nothing is judged by what it was chosen by.
public struct Development: Codable, Sendable, Hashable {
  /// The metric that chooses, by its key.
  public var metric = "success"
  /// The seed of the first development start.
  public var rolloutSeed: UInt64 = 600_000
  /// Rollouts of each rival.
  public var episodes = 100

  /// Creates the usual choice.
  public init() {}

  enum CodingKeys: String, CodingKey, CaseIterable {
    case metric, episodes
    case rolloutSeed = "rollout_seed"
  }

  /// Reads it; what is left out has its default.
  ///
  /// - Throws: `UnknownName` for an unknown key, and `DecodingError` for a malformed one.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.strictContainer(CodingKeys.self, of: "'development'")
    metric = try container.decodeIfPresent(String.self, forKey: .metric) ?? metric
    episodes = try container.decodeIfPresent(Int.self, forKey: .episodes) ?? episodes
    rolloutSeed = try container.decodeIfPresent(UInt64.self, forKey: .rolloutSeed) ?? rolloutSeed
  }

  /// The development starts.
  var seeds: ClosedRange<UInt64> { rolloutSeed...(rolloutSeed &+ UInt64(max(episodes, 1) - 1)) }

  /// What a protocol says of it.
  var words: String {
    "of the rivals below the one with the best '\(metric)' over \(episodes) rollouts from the "
      + "development starts \(seeds.lowerBound)…\(seeds.upperBound), trained once with seed 0; for "
      + "each method and network"
  }
}

extension Benchmark {
  /// The settings with which each method and network goes on.
  typealias Chosen = [BenchmarkCell: Variant]

  /// The benchmark in which rivals are compared; nil where nothing is to be chosen.
  var rivals: Benchmark? {
    guard let development = configuration.development else { return nil }
    var rivals = self
    rivals.configuration.development = nil
    rivals.configuration.seeds = 1
    rivals.configuration.episodes = development.episodes
    rivals.configuration.rolloutSeed = development.rolloutSeed
    return rivals
  }

  /// The rivals' cells.
  func rivalPlans(trainer: some CellTrainer) throws -> [CellPlan] {
    guard let rivals else { return [] }
    return try rivals.tasks.flatMap { try rivals.cellPlans(of: $0, trainer: trainer) }
      .filter { !$0.cell.isDemonstrations }
  }

  /// Compares the rivals, whose cells stand in a folder of their own, and chooses.
  ///
  /// - Returns: What was chosen; nil where other processes have not finished their rivals.
  /// - Throws: `UnknownName` for a metric that no task has,
  ///   ``EvaluationError/missing(what:where:)`` for a method of which no rival could be measured,
  ///   and what computing cells throws.
  func chosen(
    trainer: some CellTrainer, metrics: [MetricDefinition], output path: String,
    shared: SharedWork? = nil, report: @escaping @Sendable (Event) throws -> Void
  ) throws -> Chosen? {
    guard let rivals, let key = configuration.development?.metric else { return [:] }
    guard metrics.contains(where: { $0.key == key }) else {
      throw UnknownName(kind: "metric", name: key, known: metrics.map(\.key))
    }
    let plans = try rivalPlans(trainer: trainer)
    let outcome = try BenchmarkRun(
      benchmark: rivals, trainer: trainer, folder: OutputFolder(creating: "\(path)/development"),
      plans: plans, shared: shared, stage: .rivals, report: report
    ).outcomes()
    return outcome.left.isEmpty ? try choice(among: plans, outcome.reports, metrics) : nil
  }

  /// The best of the rivals by their reports.
  func choice(
    among plans: [CellPlan], _ reports: [CellReport], _ metrics: [MetricDefinition]
  ) throws -> Chosen {
    let key = configuration.development?.metric ?? ""
    let isBetter: (Double, Double) -> Bool =
      metrics.first { $0.key == key }?.direction == .up ? (>) : (<)
    var chosen: Chosen = [:]
    for head in Set(plans.map(\.cell.withoutVariant)) {
      // In the order of the plans, so that of equals the first is taken.
      let values = plans.map(\.cell).filter { $0.withoutVariant == head }.compactMap { cell in
        reports.first { $0.cell == cell }?.metrics[key].map { (cell.variant, $0) }
      }
      guard var best = values.first else {
        throw EvaluationError.missing(what: "rival with a value of '\(key)'", where: "\(head)")
      }
      for rival in values where isBetter(rival.1, best.1) { best = rival }
      chosen[head] = best.0
    }
    return chosen
  }
}

extension BenchmarkCell {
  /// The cell that stands for all trainings of a method and a network.
  var withoutVariant: BenchmarkCell {
    BenchmarkCell(environment: environment, method: method, backbone: backbone, seed: 0)
  }
}
