import EnvironmentInterface
import Evaluation
import Foundation

/// What a replay came to, for a person or as JSON.
struct ReplayReport: Encodable {
  /// The errors of one quantity at one time over the episodes that are long enough.
  struct Row: Encodable {
    let quantity: String
    let seconds: Double
    let episodes: Int
    let lowerQuartile: Double
    let median: Double
    let upperQuartile: Double
  }

  let environment: String
  let path: String
  let episodes: Int
  let rows: [Row]
  /// Nil where the file has no rewards.
  let meanLargestRecordedReward: Double?
  let meanLargestReplayedReward: Double
  /// How many of the episodes reach the goal when they are replayed.
  let replayedSuccesses: Int

  init(
    _ result: Replay.Result, environment: EnvironmentDescription, path: String, episodes: Int,
    seconds: [Double]
  ) {
    self.environment = environment.name
    self.path = path
    self.episodes = episodes
    rows = result.columns.flatMap { column in
      zip(seconds, column.errors).compactMap { time, errors in
        errors.isEmpty
          ? nil
          : Row(
            quantity: column.name, seconds: time, episodes: errors.count,
            lowerQuartile: Self.quantile(errors, 0.25), median: Self.quantile(errors, 0.5),
            upperQuartile: Self.quantile(errors, 0.75))
      }
    }
    meanLargestRecordedReward = result.recordedReward == 0 ? nil : result.recordedReward
    meanLargestReplayedReward = result.replayedReward
    replayedSuccesses = result.successes
  }

  /// A quantile of ascending numbers, interpolated linearly between neighbours.
  private static func quantile(_ ascending: [Double], _ share: Double) -> Double {
    let place = share * Double(ascending.count - 1)
    let low = Int(place)
    let high = min(low + 1, ascending.count - 1)
    return ascending[low] + (ascending[high] - ascending[low]) * (place - Double(low))
  }

  /// A table with a line a quantity and time.
  var text: String {
    let width = max(8, rows.map(\.quantity.count).max() ?? 0)
    func line(_ quantity: String, _ cells: [String]) -> String {
      let padded = cells.map { String(repeating: " ", count: max(0, 10 - $0.count)) + $0 }
      return "  " + quantity + String(repeating: " ", count: max(0, width - quantity.count))
        + padded.joined()
    }
    var lines = ["\(path) in \(environment): \(counted(episodes, "episode")), error over time"]
    lines.append(line("quantity", ["seconds", "episodes", "quartile", "median", "quartile"]))
    for row in rows {
      let errors = [row.lowerQuartile, row.median, row.upperQuartile]
      lines.append(
        line(
          row.quantity,
          [shortNumber(row.seconds), "\(row.episodes)"]
            + errors.map { String(format: "%.3f", $0) }))
    }
    lines.append(
      "  largest reward, mean over episodes: "
        + (meanLargestRecordedReward.map { "recorded \(shortNumber($0)), " } ?? "")
        + "replayed \(shortNumber(meanLargestReplayedReward))")
    lines.append("  \(replayedSuccesses) of \(counted(episodes, "episode")) reach the goal again")
    return lines.joined(separator: "\n")
  }
}
