import Demonstrations
import EnvironmentInterface
import Imitation
import PolicyMetrics

extension Benchmark {
  /// A row for each environment, method, backbone and variant, in the order of the cells; cells
  /// without a report are left out.
  static func rows(
    of cells: [BenchmarkCell], _ reports: [CellReport], _ metrics: [MetricDefinition]
  ) throws(MetricError) -> [BenchmarkRow] {
    var heads: [BenchmarkCell] = []
    var groups: [BenchmarkCell: [CellReport]] = [:]
    for cell in cells {
      let head = cell.withoutSeed
      if groups.updateValue([], forKey: head) == nil { heads.append(head) }
    }
    for report in reports { groups[report.cell.withoutSeed, default: []].append(report) }
    let rows = try heads.map { (head) throws(MetricError) in
      try row(head, groups[head] ?? [])
    }
    return PairedDifferences(rows, reports).added(to: rows, metrics)
  }

  private static func row(
    _ head: BenchmarkCell, _ group: [CellReport]
  ) throws(MetricError) -> BenchmarkRow {
    var metrics: [String: MetricSummary] = [:]
    for key in Set(group.flatMap(\.metrics.keys)) {
      metrics[key] = try MetricSummary(of: group.compactMap { $0.metrics[key] })
    }
    return BenchmarkRow(
      environment: head.environment, method: head.method, backbone: head.backbone,
      variant: head.variant, seeds: group.count, metrics: metrics)
  }

  /// The protocol that stands beside the numbers.
  func statedProtocol(
    trainer: some CellTrainer, cells: [BenchmarkCell], _ reports: [CellReport]
  ) throws -> BenchmarkProtocol {
    let last = configuration.rolloutSeed &+ UInt64(configuration.episodes - 1)
    var entries = circumstances
    entries += [
      .init(
        "seeds",
        "\(configuration.seeds) trainings a row (seeds 0…\(configuration.seeds - 1)); values are "
          + "mean ± standard error over trainings, intervals Student's of 95 % over them"),
      .init("rollouts", "\(configuration.episodes) episodes of each trained policy"),
      .init(
        "initial states",
        "reset seeds \(configuration.rolloutSeed)…\(last), the same for every policy"
          + sharedStarts(through: last)),
    ]
    if reports.contains(where: { $0.metrics[Metric.actionWasserstein.key] != nil }) {
      entries.append(
        .init(
          "single decisions",
          "\(configuration.decisionDraws) draws at each of \(configuration.decisionObservations) "
            + "initial observations, reset seeds from \(configuration.rolloutSeed)"))
    }
    entries += try trainer.protocolEntries(for: cells)
    if let development = configuration.development {
      entries.append(.init("choice of settings", development.words))
    }
    let sweeps = configuration.development == nil ? "sweep" : "rivals"
    entries += configuration.sweep.map { sweep in
      .init(
        "\(sweeps) of \(sweep.setting)", sweep.values.map(\.description).joined(separator: "; "))
    }
    for task in tasks {
      entries.append(
        .init(
          "demonstrations of \(task.name)",
          "\(task.demonstrations.count) episodes of \(task.path), digest \(task.digest)"))
    }
    entries.append(
      .init(
        "comparison",
        "rollouts of training seed s against the half of the demonstrations that seed s draws; the "
          + "row of the demonstrations is the other half (at most as many episodes as rollouts) "
          + "against the same. Sets of over 2,000 points are reduced to 2,000, drawn with seed "
          + "\(configuration.metricSeed)"))
    entries.append(.init("package version", packageVersion))
    return BenchmarkProtocol(entries: entries)
  }

  /// A warning where demonstrations start from the same states as rollouts.
  private func sharedStarts(through last: UInt64) -> String {
    let warnings = tasks.compactMap { task -> String? in
      let shared = task.demonstrations.count { episode in
        episode.attributes.seed.map { $0 >= configuration.rolloutSeed && $0 <= last } ?? false
      }
      return shared > 0 ? "\(shared) demonstrations of \(task.name)" : nil
    }
    return warnings.isEmpty ? "" : "; also those of " + warnings.joined(separator: ", ")
  }
}

extension BenchmarkCell {
  /// The cell that stands for all seeds of its row.
  fileprivate var withoutSeed: BenchmarkCell {
    var head = self
    head.seed = 0
    return head
  }
}
