import Demonstrations
import EnvironmentInterface

/// One episode as a page plays it: its series and, where it can be drawn, a scene for each step.
public struct EpisodeDocument: Encodable {
  private struct SeriesDocument: Encodable {
    let name: String
    let components: [String]
    let values: PackedNumbers
  }

  /// Series with more values in a step than this (images) are not plotted.
  private static let widest = 64
  /// More scenes than this are thinned out.
  private static let mostScenes = 600

  private let name: String
  private let length: Int
  private let action: SeriesDocument?
  private let observations: [SeriesDocument]
  private let rewards: PackedNumbers
  private let scenes: [SceneDocument]
  /// The step that each scene shows.
  private let sceneSteps: [Int]
  /// Why there are no scenes; nil where there are.
  private let note: String?

  init(
    _ episode: Episode, name: String, environment: (any Environment)?,
    description: EnvironmentDescription?
  ) {
    self.name = name
    length = episode.count
    action = Self.series("actions", episode.actions, description?.action)
    observations = episode.observations.sorted { $0.key < $1.key }.compactMap { name, series in
      Self.series(name, series, description?.observations.first { $0.name == name })
    }
    rewards = PackedNumbers(episode.rewards, shape: [episode.count])
    let stride = max(1, (episode.count + Self.mostScenes - 1) / Self.mostScenes)
    let steps = Array(Swift.stride(from: 0, to: episode.count, by: stride))
    do {
      guard let environment else {
        throw StudioFailure.notDrawable(reason: "this program does not know its environment")
      }
      scenes = try steps.map { step in
        try environment.restore(episode, at: step)
        return SceneDocument(environment.scene)
      }
      sceneSteps = steps
      note = nil
    } catch {
      scenes = []
      sceneSteps = []
      note = "\(error)"
    }
  }

  private static func series(_ name: String, _ series: Series, _ space: Space?) -> SeriesDocument? {
    guard (1...widest).contains(series.width), !series.isPicture else { return nil }
    let named = space?.components.map(\.name) ?? []
    return SeriesDocument(
      name: name,
      components: named.count == series.width ? named : (0..<series.width).map { "\(name)[\($0)]" },
      values: PackedNumbers(series.floats, shape: [series.count, series.width]))
  }
}
