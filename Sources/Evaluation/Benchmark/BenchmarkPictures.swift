import Drawing
import EnvironmentInterface

/// The pictures of one environment's results: each method with its best network, the demonstrations
/// last, and the sweeps.
struct BenchmarkPictures {
  let task: BenchmarkTask
  let reports: [CellReport]
  let rows: [BenchmarkRow]
  let configuration: BenchmarkConfiguration

  /// Writes the pictures that there is material for, and tells their paths.
  func write(to folder: OutputFolder) throws -> [String] {
    let environment = try task.makeEnvironment()
    var paths: [String] = []
    func write(_ canvas: Canvas, _ name: String) throws {
      let path = folder.file("\(task.name)-\(name).png")
      try canvas.writePNG(to: path)
      paths.append(path)
    }
    let seeds = try task.pictureSeeds(of: configuration)
    if !seeds.isEmpty, task.description.action.count == 2 {
      try write(actions(at: seeds).canvas(in: environment), "actions")
      if configuration.backbones.count > 1 {
        try write(actionsByBackbone(at: seeds[0]).canvas(in: environment), "actions-backbones")
      }
    }
    let shown = best(by: ["success", "state_wasserstein"])
    if shown.contains(where: { !$0.sample.paths.isEmpty }) {
      environment.reset(seed: configuration.rolloutSeed)
      let picture = PathPicture(
        title: "\(task.name): episodes from one start",
        panels: shown.map { .init(title: title(of: $0), paths: $0.sample.paths) })
      try write(picture.canvas(over: environment.scene), "paths")
    }
    let strips = shown.filter { $0.sample.frames.count > 1 }
    if !strips.isEmpty {
      let picture = FilmStrip(
        title: "\(task.name): one rollout, in per cent of its length",
        rows: strips.map { .init(title: title(of: $0), states: $0.sample.frames) })
      try write(picture.canvas(in: environment), "rollout")
    }
    for sweep in configuration.sweep {
      let plots = SweepPlots(environment: task.name, rows: rows, sweep: sweep)
      for (name, canvas) in try plots.canvases() { try write(canvas, name) }
    }
    return paths
  }

  /// Actions of each method: at several observations, or at one where there are many methods.
  private func actions(at seeds: [UInt64]) -> ActionCloudPicture {
    let shown = best(by: ["action_wasserstein"])
    let columns = shown.map {
      ActionCloudPicture.Column(title: title(of: $0), actions: $0.sample.actions)
    }
    var picture = ActionCloudPicture(
      title: "\(task.name): actions at the same observation; red: on nothing", columns: columns,
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
      title: "\(task.name): actions at the same observation; red: on nothing", columns: columns,
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
  private func best(by keys: [String]) -> [CellReport] {
    var shown: [CellReport] = []
    for report in firstSeeds {
      let rival = shown.firstIndex { $0.cell.isBeside(report.cell, sameBackbone: false) }
      if let rival {
        if isBetter(report, than: shown[rival], by: keys) { shown[rival] = report }
      } else {
        shown.append(report)
      }
    }
    return shown
  }

  private func isBetter(
    _ one: CellReport, than other: CellReport, by keys: [String]
  ) -> Bool {
    for key in keys {
      guard let a = mean(of: key, one), let b = mean(of: key, other), a != b else { continue }
      return Metric(key: key).direction == .up ? a > b : a < b
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
