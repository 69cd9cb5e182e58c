import Drawing
import EnvironmentInterface

/// The pictures of one environment's results: each method with its best network, the demonstrations
/// last, and the sweeps.
struct BenchmarkPictures {
  /// The environment's name.
  let name: String
  let makeEnvironment: () throws -> any Environment
  let reports: [CellReport]
  let rows: [BenchmarkRow]
  let configuration: BenchmarkConfiguration
  /// The metrics of the results.
  let metrics: [MetricDefinition]

  /// The pictures that there is material for.
  func figures() throws -> [ReportFigure] {
    let environment = try makeEnvironment()
    var figures: [ReportFigure] = []
    func add(_ canvas: Canvas, _ suffix: String, _ caption: String) {
      figures.append(
        ReportFigure(
          name: "\(name)-\(suffix)".asFileName, environment: name, caption: caption, canvas: canvas)
      )
    }
    let seeds = configuration.pictureSeeds(in: environment)
    if !seeds.isEmpty, environment.description.action.count == 2 {
      let caption = "\(CellEvaluation.pictureDraws) actions of each at the same observation "
      let picture = actions(at: seeds)
      try add(
        picture.canvas(in: environment), "actions",
        caption + Self.seedWords(picture.seeds) + "; red where they are on nothing. Of each method "
          + "the network with the best Action W1, first training seed.")
      if configuration.backbones.count > 1 {
        try add(
          actionsByBackbone(at: seeds[0]).canvas(in: environment), "actions-backbones",
          caption + Self.seedWords([seeds[0]]) + ", a row for each network.")
      }
    }
    let shown = best(by: [.success, .stateWasserstein])
    let choice = "Of each method the most successful network, first training seed."
    if shown.contains(where: { !$0.sample.paths.isEmpty }) {
      environment.reset(seed: configuration.rolloutSeed)
      let picture = PathPicture(
        title: "\(name): episodes from one start",
        panels: shown.map { .init(title: title(of: $0), paths: $0.sample.paths) })
      try add(
        picture.canvas(over: environment.scene), "paths",
        "Where the agent went in \(shown.map(\.sample.paths.count).max() ?? 0) episodes that all "
          + "start alike \(Self.seedWords([configuration.rolloutSeed])); a dot at each end. "
          + choice)
    }
    let strips = shown.filter { $0.sample.frames.count > 1 }
    if !strips.isEmpty {
      let picture = FilmStrip(
        title: "\(name): one rollout, in per cent of its length",
        rows: strips.map { .init(title: title(of: $0), states: $0.sample.frames) })
      try add(
        picture.canvas(in: environment), "rollout",
        "One rollout of each from the same start "
          + Self.seedWords([configuration.rolloutSeed]) + ". " + choice)
    }
    for sweep in configuration.sweep {
      let plots = SweepPlots(
        environment: name, rows: rows, sweep: sweep, metrics: metrics)
      for (suffix, canvas) in try plots.canvases() {
        add(
          canvas, suffix,
          "The sweep of \(sweep.setting): mean over training seeds, with its standard error as a "
            + "band. Metrics that do not change are left out.")
      }
    }
    return figures
  }

  private static func seedWords(_ seeds: [UInt64]) -> String {
    "(reset seed\(seeds.count == 1 ? "" : "s") \(seeds.map(String.init).joined(separator: ", ")))"
  }

  /// Actions of each method: at several observations, or at one where there are many methods.
  private func actions(at seeds: [UInt64]) -> ActionCloudPicture {
    let shown = best(by: [.actionWasserstein])
    let columns = shown.map {
      ActionCloudPicture.Column(title: title(of: $0), actions: $0.sample.actions)
    }
    var picture = ActionCloudPicture(
      title: "\(name): actions at the same observation; red: on nothing", columns: columns,
      seeds: seeds)
    if columns.count > picture.panelsInRow { picture.seeds = [seeds[0]] }
    return picture
  }

  /// Actions at one observation: a column for each method, a row for each network.
  private func actionsByBackbone(at seed: UInt64) -> ActionCloudPicture {
    var columns: [ActionCloudPicture.Column] = []
    for head in best(by: []) {
      let title = [head.cell.method, head.cell.variant.label].filter { !$0.isEmpty }
      let networks = head.cell.isDemonstrations ? ["-"] : configuration.backbones
      columns.append(
        .init(
          title: title.joined(separator: ", "),
          actions: networks.map { network in
            let own = firstSeeds.first {
              $0.cell.method == head.cell.method && $0.cell.variant == head.cell.variant
                && $0.cell.backbone == network
            }
            return own?.sample.actions.first ?? []
          }))
    }
    var picture = ActionCloudPicture(
      title: "\(name): actions at the same observation; red: on nothing", columns: columns,
      seeds: configuration.backbones.map { _ in seed })
    picture.rowTitles = configuration.backbones
    picture.panelSide = 220
    return picture
  }

  /// Who acted; where one network of one method is swept, the variant alone.
  private func title(of report: CellReport) -> String {
    let cell = report.cell
    if cell.isDemonstrations { return cell.method }
    guard !cell.variant.isEmpty else { return "\(cell.method) · \(cell.backbone)" }
    let swept = Set(rows.filter { !$0.variant.isEmpty }.map(\.label))
    return swept.count == 1
      ? cell.variant.label : "\(cell.method) · \(cell.backbone) · \(cell.variant.label)"
  }

  /// The first training that there is of each row.
  private var firstSeeds: [CellReport] {
    var shown: [CellReport] = []
    for report in reports
    where !shown.contains(where: { $0.cell.isBeside(report.cell, sameBackbone: true) }) {
      shown.append(report)
    }
    return shown
  }

  /// Of each method and variant the first training with the network that is best by the first of
  /// some metrics, ties by the next.
  private func best(by metrics: [Metric]) -> [CellReport] {
    var shown: [CellReport] = []
    for report in firstSeeds {
      let rival = shown.firstIndex { $0.cell.isBeside(report.cell, sameBackbone: false) }
      if let rival {
        if isBetter(report, than: shown[rival], by: metrics) { shown[rival] = report }
      } else {
        shown.append(report)
      }
    }
    return shown
  }

  private func isBetter(
    _ one: CellReport, than other: CellReport, by metrics: [Metric]
  ) -> Bool {
    for metric in metrics {
      guard let a = mean(of: metric.key, one), let b = mean(of: metric.key, other), a != b
      else { continue }
      return metric.definition.direction == .up ? a > b : a < b
    }
    return false
  }

  private func mean(of key: String, _ report: CellReport) -> Double? {
    rows.first {
      $0.method == report.cell.method && $0.backbone == report.cell.backbone
        && $0.variant == report.cell.variant
    }?.metrics[key]?.mean
  }
}

extension BenchmarkCell {
  /// Whether two cells differ in their seed alone, or also in their network.
  fileprivate func isBeside(_ other: BenchmarkCell, sameBackbone: Bool) -> Bool {
    method == other.method && variant == other.variant
      && (!sameBackbone || backbone == other.backbone)
  }
}
