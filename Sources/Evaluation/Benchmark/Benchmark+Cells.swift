import Foundation

/// A cell with all that is needed to compute it.
struct CellPlan: Sendable {
  let cell: BenchmarkCell
  let task: BenchmarkTask
  /// Everything that decides the cell's numbers.
  let conditions: [String: String]
  /// The name of the training that it needs.
  let training: String
}

extension Benchmark {
  /// All cells, those of rivals first, then in the order of the rows.
  ///
  /// - Throws: What is wrong with the settings of any of them.
  public func cells(trainer: some CellTrainer) throws -> [BenchmarkCell] {
    try (rivalPlans(trainer: trainer) + tasks.flatMap { try cellPlans(of: $0, trainer: trainer) })
      .map(\.cell)
  }

  /// The cells of an environment: methods × backbones × variants × seeds, then the demonstrations.
  ///
  /// Where rivals are compared, a method and a network have the variant that was chosen, or before
  /// that the first.
  ///
  /// - Throws: What is wrong with the settings of any of them.
  func cellPlans(
    of task: BenchmarkTask, trainer: some CellTrainer, chosen: Chosen = [:]
  ) throws -> [CellPlan] {
    let seeds = (0..<configuration.seeds).map { UInt64($0) }
    var cells: [BenchmarkCell] = []
    for method in configuration.methods {
      for backbone in configuration.backbones where configuration.compares(method, backbone) {
        var variants = try variants(of: method, backbone, trainer: trainer)
        let head = BenchmarkCell(
          environment: task.name, method: method, backbone: backbone, seed: 0)
        if configuration.development != nil {
          variants = [chosen[head] ?? variants.first ?? Variant()]
        }
        cells += variants.flatMap { variant in
          seeds.map { seed in
            BenchmarkCell(
              environment: task.name, method: method, backbone: backbone, variant: variant,
              seed: seed)
          }
        }
      }
    }
    cells += seeds.map { seed in
      BenchmarkCell(
        environment: task.name, method: BenchmarkRow.demonstrations, backbone: "-", seed: seed)
    }
    return try cells.map { cell in
      CellPlan(
        cell: cell, task: task, conditions: try conditions(of: cell, in: task, trainer: trainer),
        training: try cell.isDemonstrations ? cell.fileStem : trainer.trainingName(of: cell))
    }
  }

  /// The swept settings that concern a method and a network, each combination once.
  private func variants(
    of method: String, _ backbone: String, trainer: some CellTrainer
  ) throws -> [Variant] {
    var variants: [Variant] = []
    for variant in Sweep.variants(of: configuration.sweep) {
      let own = try variant.filter { try trainer.concerns($0, method: method, backbone: backbone) }
      if !variants.contains(own) { variants.append(own) }
    }
    return variants
  }

  /// Everything that decides a cell's numbers.
  ///
  /// Other methods, backbones, variants and the number of seeds do not, so that a benchmark can be
  /// widened without starting over.
  private func conditions(
    of cell: BenchmarkCell, in task: BenchmarkTask, trainer: some CellTrainer
  ) throws -> [String: String] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return [
      "demonstrations": task.digest,
      "environment": String(decoding: try encoder.encode(task.description), as: UTF8.self),
      "episodes": "\(configuration.episodes)",
      "rollout_seed": "\(configuration.rolloutSeed)",
      "decisions": "\(configuration.decisionObservations) × \(configuration.decisionDraws)",
      "metric_seed": "\(configuration.metricSeed)",
      "metrics": task.metrics.map(\.key).joined(separator: ", "),
      "package_version": packageVersion,
      "training": cell.isDemonstrations ? "" : try trainer.settings(of: cell, in: task),
    ]
  }
}
