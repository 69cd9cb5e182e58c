import Drawing
import Foundation
import Imitation

/// The losses of the trainings of one environment: a plot for each method.
struct LearningCurves {
  /// One training's metrics.
  private struct Training {
    var method: String
    var label: String
    var metrics: [TrainingMetrics]
  }

  private let environment: String
  private let trainings: [Training]

  /// Reads the metrics of the cells' trainings, those of shared ones once.
  ///
  /// - Parameters:
  ///   - environment: The environment's name.
  ///   - cells: The cells.
  ///   - checkpoints: The folder with a checkpoint folder for each training; a training that is not
  ///     there is left out.
  init(environment: String, cells: [BenchmarkCell], checkpoints: String) {
    self.environment = environment
    let trainer = PolicyTrainer([:], checkpoints: checkpoints)
    var seen: Set<BenchmarkCell> = []
    trainings = cells.compactMap { cell in
      guard let training = try? trainer.training(of: cell), seen.insert(training).inserted else {
        return nil
      }
      let label = [training.backbone, training.variant.label].filter { !$0.isEmpty }
      let metrics = Self.metrics(in: "\(checkpoints)/\(training.fileStem)")
      return metrics.isEmpty
        ? nil
        : Training(
          method: training.method, label: label.joined(separator: ", "), metrics: metrics)
    }
  }

  private static func metrics(in folder: String) -> [TrainingMetrics] {
    let data = FileManager.default.contents(atPath: "\(folder)/metrics.jsonl") ?? Data()
    let decoder = JSONDecoder()
    // Version 0.1 wrote keys without underscores, which this leaves as they are.
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return data.split(separator: UInt8(ascii: "\n")).compactMap {
      try? decoder.decode(TrainingMetrics.self, from: Data($0))
    }
  }

  /// The picture: thin lines of the trainings, a bold one of their mean; nil where there are none.
  ///
  /// - Throws: ``DrawingError`` for a picture that would be too large.
  func figure() throws -> ReportFigure? {
    let methods = trainings.map(\.method).unique
    guard !methods.isEmpty else { return nil }
    var grid = PlotGrid(
      title: "\(environment): loss while training",
      plots: methods.map { method in
        let own = trainings.filter { $0.method == method }
        let labels = own.map(\.label).unique
        var plot = LinePlot(
          title: method, xLabel: "step", yLabel: "loss",
          lines: labels.flatMap { label in
            lines(label, of: own.filter { $0.label == label }.map(\.metrics))
          })
        plot.isLogarithmic = true
        return plot
      })
    grid.columns = min(3, methods.count)
    if methods.count == 1 { grid.plotWidth = 720 }
    let seeds = trainings.count / max(1, Set(trainings.map { "\($0.method) \($0.label)" }).count)
    let steps = trainings.compactMap(\.metrics.first?.step).max() ?? 1
    return ReportFigure(
      name: "\(environment)-learning".asFileName, environment: environment,
      caption: "The training loss, a mean over \(steps) steps a point, on a logarithmic axis; the "
        + "losses of different methods are different quantities. "
        + (seeds > 1 ? "A thin line for each training seed, their mean in bold." : "One training."),
      canvas: try grid.canvas())
  }

  /// The trainings' own lines and their mean over the steps that all have.
  private func lines(_ label: String, of runs: [[TrainingMetrics]]) -> [LinePlot.Line] {
    var lines: [LinePlot.Line] = []
    if runs.count > 1 {
      lines += runs.map { run in
        LinePlot.Line(
          label, points: run.map { .init(Double($0.step), $0.loss) }, style: .thin)
      }
    }
    var sums: [Int: (loss: Double, count: Int)] = [:]
    for line in runs.joined() {
      let sum = sums[line.step] ?? (0, 0)
      sums[line.step] = (sum.loss + line.loss, sum.count + 1)
    }
    let mean = sums.filter { $0.value.count == runs.count }.sorted { $0.key < $1.key }
    lines.append(
      LinePlot.Line(
        label, points: mean.map { .init(Double($0.key), $0.value.loss / Double($0.value.count)) },
        style: .plain))
    return lines
  }
}

extension Sequence where Element: Hashable {
  /// The elements without repetitions, in the order in which they first appear.
  fileprivate var unique: [Element] {
    var seen: Set<Element> = []
    return filter { seen.insert($0).inserted }
  }
}
