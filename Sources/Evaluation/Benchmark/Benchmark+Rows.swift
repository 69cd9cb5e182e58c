import Demonstrations

extension Benchmark {
  /// A row for each environment, method and backbone, in the order of the cells.
  func rows(of reports: [CellReport]) throws(MetricError) -> [BenchmarkRow] {
    var groups: [[CellReport]] = []
    for report in reports {
      if let last = groups.last?.first?.cell, last.environment == report.cell.environment,
        last.method == report.cell.method, last.backbone == report.cell.backbone
      {
        groups[groups.count - 1].append(report)
      } else {
        groups.append([report])
      }
    }
    return try groups.map { (group) throws(MetricError) in try row(of: group) }
  }

  private func row(of group: [CellReport]) throws(MetricError) -> BenchmarkRow {
    let cell = group[0].cell
    var metrics: [String: MetricSummary] = [:]
    for key in Set(group.flatMap(\.metrics.keys)) {
      metrics[key] = try MetricSummary(of: group.compactMap { $0.metrics[key] })
    }
    metrics["success"]?.interval = try WilsonInterval(
      successes: group.reduce(0) { $0 + $1.successes },
      trials: group.reduce(0) { $0 + $1.episodes })
    return BenchmarkRow(
      environment: cell.environment, method: cell.method, backbone: cell.backbone,
      seeds: group.count, metrics: metrics)
  }

  /// The protocol that stands beside the numbers.
  func statedProtocol(
    trainer: some CellTrainer, reports: [CellReport]
  ) -> BenchmarkProtocol {
    let last = configuration.rolloutSeed &+ UInt64(configuration.episodes - 1)
    var entries: [BenchmarkProtocol.Entry] = [
      .init(
        "seeds",
        "\(configuration.seeds) trainings a row (seeds 0…\(configuration.seeds - 1)); values are "
          + "mean ± standard error over trainings"),
      .init("rollouts", "\(configuration.episodes) episodes of each trained policy"),
      .init(
        "initial states",
        "reset seeds \(configuration.rolloutSeed)…\(last), the same for every policy"
          + sharedStarts(through: last)),
    ]
    if reports.contains(where: { $0.metrics["action_wasserstein"] != nil }) {
      entries.append(
        .init(
          "single decisions",
          "\(configuration.decisionDraws) draws at each of \(configuration.decisionObservations) "
            + "initial observations, reset seeds from \(configuration.rolloutSeed)"))
    }
    entries += trainer.protocolEntries
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
    let keys = Set(reports.flatMap(\.metrics.keys))
    let definitions = Metric.ordered(keys).map { ($0.key, $0.definition) }
    return BenchmarkProtocol(
      entries: entries, definitions: Dictionary(uniqueKeysWithValues: definitions))
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
