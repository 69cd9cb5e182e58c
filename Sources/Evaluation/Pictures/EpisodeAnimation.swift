public import Demonstrations
public import Drawing
import DurableFiles
public import EnvironmentInterface
import Foundation

/// Episodes as a film: side by side, in step, each with its seed and what came of it.
///
/// A frame is a step of the environment, shown for as long as the step takes (0.8 s where an
/// environment has no clock). The last state of each episode stays until all have ended, and two
/// seconds longer. The same episodes give the same bytes.
public struct EpisodeAnimation {
  /// The name that the film of a rollout ends with; anything else is a folder of pictures.
  public static let suffix = ".webp"
  private static let gap = 12.0
  private static let captionHeight = 24.0
  private static let titleHeight = 30.0
  /// How many steps of its way an agent draws behind it.
  private static let trailSteps = 20

  /// What stands above.
  public var title: String
  /// The episodes, with the environment's states; without, where they can be played again.
  public var episodes: [Episode]
  /// The longest side of an episode's picture in pixels.
  public var panelSide = 240.0
  /// How many episodes stand side by side; as even as can be unless said otherwise.
  public var columns: Int
  /// How many steps a frame advances, each shown for as long as one step takes: 2 is twice as fast.
  public var speed = 1
  /// Whether agents draw the last part of their way.
  public var showsTrails = false

  /// Creates a film.
  ///
  /// - Throws: ``EvaluationError/missing(what:where:)`` for no episodes, or one without states and
  ///   without a seed.
  public init(title: String, episodes: [Episode]) throws(EvaluationError) {
    guard !episodes.isEmpty else { throw .missing(what: "episode", where: "the film '\(title)'") }
    for (index, episode) in episodes.enumerated() {
      let hasStates = episode.states.map { $0.count == episode.count }
      guard episode.count > 0, hasStates ?? (episode.attributes.seed != nil) else {
        throw .missing(what: "states to show", where: "episode \(index) of the film '\(title)'")
      }
    }
    self.title = title
    self.episodes = episodes
    columns = Int(Double(episodes.count).squareRoot().rounded(.up))
  }

  /// Draws the frames one after another.
  ///
  /// - Parameters:
  ///   - environment: The environment, which is put into each state.
  ///   - show: Takes a frame and the milliseconds for which it is shown.
  /// - Throws: ``/Drawing/DrawingError`` for a picture that would be too large, what the
  ///   environment throws at states that are not its own, and what `show` throws.
  public func draw(in environment: any Environment, _ show: (Canvas, Int) throws -> Void) throws {
    let tracks = try episodes.map { try EpisodeTrack($0, in: environment) }
    let last = tracks.map(\.last).max() ?? 0
    let rate = environment.description.controlRate
    let duration = rate > 0 ? Int((1000 / rate).rounded()) : 800
    let steps = Array(stride(from: 0, to: last, by: max(1, speed))) + [last]
    for step in steps {
      let canvas = try frame(of: tracks, at: step, in: environment)
      try show(canvas, step == last ? max(2000, duration) : duration)
    }
  }

  /// Writes the film as an animated WebP file, whole or not at all.
  ///
  /// - Throws: As ``draw(in:_:)``, and ``/Drawing/DrawingError/unwritable(path:reason:)``.
  public func write(to path: String, in environment: any Environment) throws {
    var film: WebPAnimation?
    try draw(in: environment) { canvas, milliseconds in
      let own = try film ?? WebPAnimation(width: canvas.width, height: canvas.height)
      film = own
      try own.append(canvas, milliseconds: milliseconds)
    }
    guard let data = try film?.data() else { return }
    do {
      try DurableFile.replace(path, with: data)
    } catch {
      throw DrawingError.unwritable(path: path, reason: error.reason)
    }
  }

  /// Writes the frames as PNG files `frame-00000.png`, … into a folder that appears as a whole.
  ///
  /// - Parameters:
  ///   - path: The folder; it is made, or is there and empty.
  ///   - environment: The environment, which is put into each state.
  /// - Throws: As ``draw(in:_:)``, and ``/Drawing/DrawingError/unwritable(path:reason:)``, also for
  ///   a folder with something in it.
  public func writeFrames(to path: String, in environment: any Environment) throws {
    let manager = FileManager.default
    let folder = URL(fileURLWithPath: path, isDirectory: true).standardizedFileURL
    let aside = folder.deletingLastPathComponent()
      .appendingPathComponent(".\(folder.lastPathComponent).partial", isDirectory: true)
    try? manager.removeItem(at: aside)
    defer { try? manager.removeItem(at: aside) }
    do {
      try manager.createDirectory(at: aside, withIntermediateDirectories: true)
    } catch {
      throw DrawingError.unwritable(path: path, reason: DrawingError.reason(of: error))
    }
    var number = 0
    try draw(in: environment) { canvas, _ in
      let digits = "\(number)"
      let name = "frame-" + String(repeating: "0", count: max(0, 5 - digits.count)) + digits
      try canvas.writePNG(to: aside.appendingPathComponent("\(name).png").path)
      number += 1
    }
    // Takes the place of an empty folder, and of no other.
    guard rename(aside.path, folder.path) == 0 else {
      throw DrawingError.unwritable(path: path, reason: String(cString: strerror(errno)))
    }
  }

  // MARK: Drawing

  private func frame(
    of tracks: [EpisodeTrack], at step: Int, in environment: any Environment
  ) throws -> Canvas {
    let scene = try tracks.first?.scene(at: step, in: environment) ?? environment.scene
    let panel = PanelGrid.panel(for: scene, longestSide: panelSide)
    let columns = max(1, min(columns, tracks.count))
    let rows = (tracks.count + columns - 1) / columns
    let top = title.isEmpty ? Self.gap : Self.titleHeight
    let width = Self.gap + Double(columns) * (panel.width + Self.gap)
    let height = top + Double(rows) * (panel.height + Self.captionHeight) + Self.gap / 2
    let canvas = try Canvas(
      width: Int(width.rounded(.up)), height: Int(height.rounded(.up)), background: Palette.paper)
    if !title.isEmpty {
      let room = width - 2 * Self.gap
      canvas.text(
        title, at: .init(Self.gap, top / 2),
        size: canvas.fittingSize(13, of: title, in: room, bold: true), anchor: .left, bold: true,
        color: Palette.ink)
    }
    for (index, track) in tracks.enumerated() {
      let place = Rectangle(
        x: Self.gap + Double(index % columns) * (panel.width + Self.gap),
        y: top + Double(index / columns) * (panel.height + Self.captionHeight),
        width: panel.width, height: panel.height)
      let placement = canvas.draw(try track.scene(at: step, in: environment), in: place)
      if showsTrails { drawTrail(of: track, at: step, placement, on: canvas) }
      drawCaption(of: track, at: step, below: place, on: canvas)
    }
    return canvas
  }

  private func drawTrail(
    of track: EpisodeTrack, at step: Int, _ placement: ScenePlacement, on canvas: Canvas
  ) {
    let end = min(step, track.path.count - 1)
    guard end > 0 else { return }
    let points = track.path[max(0, end - Self.trailSteps)...end].map(placement.pixel)
    canvas.clipped(to: placement.frame) {
      canvas.draw(
        Scene.Shape(
          .line(Array(points)), stroke: Palette.series[1].opacity(0.75), strokeWidth: 2))
    }
  }

  /// The seed at the left, the time or the outcome at the right.
  private func drawCaption(
    of track: EpisodeTrack, at step: Int, below place: Rectangle, on canvas: Canvas
  ) {
    let middle = place.bottom + Self.captionHeight / 2
    let size = min(12, place.width / 18)
    canvas.text(
      track.name, at: .init(place.x, middle), size: size, anchor: .left, color: Palette.ink)
    let hasEnded = step >= track.last
    let color = hasEnded ? (track.isSuccess ? Palette.series[2] : Palette.miss) : Palette.faint
    canvas.text(
      hasEnded ? track.outcome : track.time(of: step), at: .init(place.right, middle), size: size,
      anchor: .right, bold: hasEnded, color: color)
  }
}
