import Demonstrations
import EnvironmentInterface
import Naming

/// What is in a file: a line for each episode, and where they all went.
public struct EpisodeList: Encodable, Sendable {
  /// One episode.
  struct Line: Encodable, Sendable {
    var name: String
    var length: Int
    var success: Bool?
    var seed: UInt64?
    var behaviour: [String: String]
    var recordedBy: String?
    var recordedAt: String?
    var bestReward: Float
    /// Where it went: x, y in turn, in the scene's units; thinned out.
    var path: [Float]
  }

  /// The number of points of a path, about.
  private static let pathPoints = 120

  let file: String
  let environment: String?
  let controlRate: Double?
  let steps: Int
  let masks: [String: [String]]
  /// What the paths are of: an observation's name, or `actions`.
  let pathOf: String
  let lines: [Line]

  init(_ store: DemonstrationStore, shownAs file: String) throws {
    let steering = store.environment.flatMap { try? Steering($0) }
    let hand = steering?.hand
    var lines: [Line] = []
    for (index, name) in store.names.enumerated() {
      let episode = try store.episode(index, observations: hand.map { [$0.observation] } ?? [])
      let place = hand.flatMap { hand in
        episode.observations[hand.observation].map { (series: $0, index: hand.index) }
      }
      let (series, first) = place ?? (episode.actions, 0)
      lines.append(
        Line(
          name: name, length: episode.count, success: episode.attributes.success,
          seed: episode.attributes.seed, behaviour: episode.attributes.behaviour,
          recordedBy: episode.attributes.recordedBy, recordedAt: episode.attributes.recordedAt,
          bestReward: episode.rewards.max() ?? 0, path: Self.path(series, first: first)))
    }
    self.file = file
    self.lines = lines
    environment = store.environment?.name ?? store.environmentName
    controlRate = store.environment?.controlRate
    steps = lines.reduce(0) { $0 + $1.length }
    pathOf = hand?.observation ?? "actions"
    var masks: [String: [String]] = [:]
    for mask in store.maskNames {
      masks[mask] = try store.episodes(inMask: mask).map { store.names[$0] }
    }
    self.masks = masks
  }

  private static func path(_ series: Series, first: Int) -> [Float] {
    guard series.width >= first + 2 else { return [] }
    let values = series.floats
    let stride = max(1, series.count / pathPoints)
    var steps = Array(Swift.stride(from: 0, to: series.count, by: stride))
    if let last = steps.last, last != series.count - 1 { steps.append(series.count - 1) }
    return steps.flatMap { step in
      [values[step * series.width + first], values[step * series.width + first + 1]]
    }
  }
}
