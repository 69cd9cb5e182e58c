import Evaluation
import Foundation

extension HeldOutReport {
  /// Tables for a person.
  func text(policy: String, demonstrations: String) -> String {
    var lines = [
      "\(policy) on \(counted(windows, "window")) of \(counted(episodes, "episode")) of "
        + demonstrations
    ]
    if windowsCutShort > 0 {
      lines.append(
        "  left out: \(counted(windowsCutShort, "window")) whose chunk runs past the end of the episode"
      )
    }
    lines += densityLines + noiseLines + errorLines
    return lines.joined(separator: "\n")
  }

  private var densityLines: [String] {
    let rows =
      (bounds ?? []).map {
        ("bound, variance \($0.variance)", $0.nats, $0.bits, $0.actionNats, $0.gap)
      }
      + (likelihood.map {
        [($0.isBound ? "bound" : "exact", $0.nats, $0.bits, $0.actionNats, $0.gap)]
      } ?? [])
      + (demonstrator.map { [("demonstrator", $0.nats, $0.bits, $0.actionNats, nil)] } ?? [])
    guard !rows.isEmpty else { return [] }
    let title = "  negative log-likelihood a value, \(values) values a chunk"
    let clipped = clip.map { ", x0 clipped to ±\(shortNumber($0))" } ?? ""
    return [title + (bounds == nil ? "" : clipped) + ":"]
      + table(
        [["", "nats", "bits", "nats of actions", "above the demonstrator"]]
          + rows.map { name, nats, bits, action, gap in
            [
              name, words(nats), number(bits), action.map(number) ?? "–", gap.map(words) ?? "–",
            ]
          })
      + missingLines + termLines
  }

  private var missingLines: [String] {
    guard let count = likelihood?.windowsWithoutDensity, count > 0 else { return [] }
    return ["  \(counted(count, "window")) with no density at all left out of 'exact'"]
  }

  /// The bound's terms: the ends, and what lies between them in sum.
  private var termLines: [String] {
    (bounds ?? []).map { bound in
      "  \(bound.variance): L_T \(number(bound.priorTerm)), L_1 to L_\(bound.stepTerms.count) "
        + "\(number(bound.stepTerms.reduce(0, +))), L_0 \(number(bound.lastTerm)) nats"
    }
  }

  private var noiseLines: [String] {
    guard let noiseSteps, let loss else { return [] }
    // Every tenth part of the way, and the ends.
    let shown = Set((0...10).map { 1 + $0 * (noiseSteps.count - 1) / 10 })
    return ["  loss \(shortNumber(loss)); by noise step:"]
      + table(
        [["t", "b/a", "loss", "error of x0"]]
          + noiseSteps.filter { shown.contains($0.noiseStep) }.map {
            [
              "\($0.noiseStep)", shortNumber($0.noise / $0.signal), number($0.loss),
              number($0.cleanError),
            ]
          })
  }

  private var errorLines: [String] {
    let error = actionError
    return [
      "  error of actions, root mean square, \(counted(error.draws, "draw")): of their mean "
        + "\(words(error.mean)) (in actions \(number(error.meanInActions))), of the best "
        + "\(words(error.best)) (\(number(error.bestInActions)))"
    ]
  }

  private func table(_ rows: [[String]]) -> [String] {
    let widths = (0..<(rows.first?.count ?? 0)).map { column in
      rows.map { $0[column].count }.max() ?? 0
    }
    return rows.map { row in
      "    "
        + row.enumerated().map { column, cell in
          let pad = String(repeating: " ", count: widths[column] - cell.count)
          return column == 0 ? cell + pad : pad + cell
        }.joined(separator: "  ")
    }
  }

  private func number(_ value: Double) -> String { String(format: "%.4f", value) }

  private func words(_ estimate: Estimate) -> String {
    number(estimate.mean) + (estimate.standardError.map { " ± " + number($0) } ?? "")
  }

  /// The loss and the bound's terms by noise step.
  func picture(title: String) -> PlotGrid {
    func points(_ values: [Double], from first: Int = 1) -> [LinePlot.Point] {
      values.enumerated().map { LinePlot.Point(Double(first + $0.offset), $0.element) }
    }
    let steps = noiseSteps ?? []
    let plots = [
      ("Loss", [LinePlot.Line("loss", points: points(steps.map(\.loss)), style: .plain)]),
      (
        "Error of x0",
        [LinePlot.Line("error", points: points(steps.map(\.cleanError)), style: .plain)]
      ),
      (
        "Terms of the bound, nats a value",
        (bounds ?? []).filter { $0.variance != "large" }.map {
          LinePlot.Line($0.variance, points: points($0.stepTerms, from: 2), style: .plain)
        }
      ),
    ]
    return PlotGrid(
      title: title,
      plots: plots.map {
        LinePlot(title: $0.0, xLabel: "noise step t", yLabel: $0.0, lines: $0.1)
      })
  }
}
