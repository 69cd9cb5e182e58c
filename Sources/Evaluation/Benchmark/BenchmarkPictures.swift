import Drawing
import EnvironmentInterface

/// The pictures of one environment's results: the first training seed of each method, and the
/// demonstrations last.
struct BenchmarkPictures {
  let task: BenchmarkTask
  let reports: [CellReport]
  let configuration: BenchmarkConfiguration

  /// Writes the pictures that there is material for, and tells their paths.
  func write(to folder: OutputFolder) throws -> [String] {
    let shown = reports.filter { $0.cell.seed == 0 }
    let environment = try task.makeEnvironment()
    var paths: [String] = []
    func write(_ canvas: Canvas, _ name: String) throws {
      let path = folder.file("\(task.name)-\(name).png")
      try canvas.writePNG(to: path)
      paths.append(path)
    }
    let seeds = try task.pictureSeeds(of: configuration)
    if !seeds.isEmpty, task.description.action.count == 2 {
      let picture = ActionCloudPicture(
        title: "\(task.name): actions at the same observation; red: on nothing",
        columns: shown.map { .init(title: $0.title, actions: $0.sample.actions) },
        seeds: seeds)
      try write(picture.canvas(in: environment), "actions")
    }
    if shown.contains(where: { !$0.sample.paths.isEmpty }) {
      environment.reset(seed: configuration.rolloutSeed)
      let picture = PathPicture(
        title: "\(task.name): episodes from one start",
        panels: shown.map { .init(title: $0.title, paths: $0.sample.paths) })
      try write(picture.canvas(over: environment.scene), "paths")
    }
    let strips = shown.filter { $0.sample.frames.count > 1 }
    if !strips.isEmpty {
      let picture = FilmStrip(
        title: "\(task.name): one rollout, in per cent of its length",
        rows: strips.map { .init(title: $0.title, states: $0.sample.frames) })
      try write(picture.canvas(in: environment), "rollout")
    }
    return paths
  }
}

extension CellReport {
  fileprivate var title: String {
    cell.isDemonstrations ? cell.method : "\(cell.method) · \(cell.backbone)"
  }
}
