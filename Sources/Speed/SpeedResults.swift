import Evaluation
import Foundation

/// What the benchmark of speed measured.
public struct SpeedResults: Codable, Sendable, Hashable {
  /// Training steps and decisions.
  public var steps: [TimedRow] = []
  /// Memory.
  public var memory: [MemoryRow] = []
  /// Environments.
  public var environments: [EnvironmentRow] = []
  /// Episodes.
  public var rollouts: [RolloutRow] = []

  /// Creates empty results.
  public init() {}

  /// The results as tables for a terminal.
  public var text: String {
    [stepTable, memoryTable, environmentTable, rolloutTable].compactMap { $0?.text }
      .joined(separator: "\n")
  }

  private var stepTable: TextTable? {
    guard !steps.isEmpty else { return nil }
    return TextTable(
      titles: ["row", "threads", "median ms", "least ms", "99 % ms", "times", "peak MB", "probe"],
      rows: steps.map { step in
        let change = (step.probes.last ?? 0) / (step.probes.first ?? 1) - 1
        return [
          step.row, "\(step.threads)", number(step.medianMilliseconds, 3),
          number(step.minimumMilliseconds, 3), number(step.percentile99Milliseconds, 3),
          "\(step.repetitions)", megabytes(step.peakBytes),
          step.isSteady ? "steady" : words(change, step.otherProcessors ?? 0),
        ]
      })
  }

  /// Why a row is not to be trusted.
  private func words(_ change: Double, _ others: Double) -> String {
    let moved = "moved by \(number(100 * change, 0)) %"
    guard others > ProcessorUse.tolerance else { return moved }
    let used = "others used \(number(others, 1)) cores"
    return abs(change) > SpeedProbe.tolerance ? "\(moved), \(used)" : used
  }

  private var memoryTable: TextTable? {
    guard !memory.isEmpty else { return nil }
    return TextTable(
      titles: ["memory", "peak MB", "before MB", "demonstrations"],
      rows: memory.map {
        [$0.row, megabytes($0.peakBytes), megabytes($0.startBytes), $0.demonstrations]
      })
  }

  private var environmentTable: TextTable? {
    guard !environments.isEmpty else { return nil }
    return TextTable(
      titles: ["environment", "steps/s"],
      rows: environments.map { [$0.row, number($0.stepsPerSecond, 0)] })
  }

  private var rolloutTable: TextTable? {
    guard !rollouts.isEmpty else { return nil }
    return TextTable(
      titles: [
        "rollouts", "at once", "episodes", "seconds", "steps/s", "environment %", "deciding %",
        "other %",
      ],
      rows: rollouts.flatMap { rollout in
        [rollout.lockStep, rollout.oneByOne].map { way in
          [
            rollout.row, "\(way.blockSize)", "\(way.episodes)", number(way.seconds, 2),
            number(way.stepsPerSecond, 0), number(100 * way.environmentShare, 0),
            number(100 * way.decidingShare, 0), number(100 * way.otherShare, 0),
          ]
        }
      })
  }

  private func number(_ value: Double, _ decimals: Int) -> String {
    String(format: "%.\(decimals)f", value)
  }

  private func megabytes(_ bytes: Int?) -> String {
    bytes.map { number(Double($0) / 1e6, 0) } ?? "–"
  }
}
