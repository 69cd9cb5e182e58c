import ArgumentParser
import Demonstrations
import EnvironmentInterface
import Evaluation
import Foundation

/// A film of episodes: where it goes and what it shows.
struct AnimationArguments: ParsableArguments {
  @Option(
    name: .customLong("animation"),
    help: ArgumentHelp(
      "Where to write a film of the first episodes: a .webp file, or a folder of PNG frames.",
      valueName: "file|folder/"))
  var path: String?

  @Option(
    name: .customLong("animation-episodes"), help: "How many episodes it shows, side by side.")
  var count: Int = 4

  @Option(
    name: .customLong("animation-speed"),
    help: "How much faster it plays: at 5, every fifth step is shown.")
  var speed: Int = 1

  @Flag(name: .customLong("animation-trail"), help: "Draw the last stretch of the agent's path.")
  var showsTrails = false

  func validate() throws {
    guard (1...64).contains(count) else {
      throw ValidationError("'--animation-episodes' must lie in 1…64.")
    }
    guard (1...100).contains(speed) else {
      throw ValidationError("'--animation-speed' must lie in 1…100.")
    }
  }

  /// Refuses a place at which no film can be written, before there is one.
  ///
  /// - Throws: ``OutputError``, or ``UsageError`` for a name that is neither a film's nor a
  ///   folder's.
  func checkPlace() throws {
    guard let path else { return }
    var isFolder: ObjCBool = false
    let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
    guard !isFilm(path), path.hasSuffix("/") || (exists && isFolder.boolValue) else {
      return try Output.checkPicture(
        path, of: "--animation", endingIn: EpisodeAnimation.suffix,
        or: "or in '/' for a folder of PNG frames")
    }
    guard !exists || (try? FileManager.default.contentsOfDirectory(atPath: path))?.isEmpty == true
    else { throw UsageError("\(path): there is something in it already; choose another folder") }
  }

  /// Writes the film, where one is wanted.
  ///
  /// - Parameters:
  ///   - episodes: The episodes with their states, of which the first are shown.
  ///   - title: What stands above them.
  ///   - environment: The environment that they are of.
  /// - Throws: `DrawingError`.
  func write(_ episodes: [Episode], title: String, in environment: any Environment) throws {
    guard let path else { return }
    var film = try EpisodeAnimation(title: title, episodes: Array(episodes.prefix(count)))
    film.speed = speed
    film.showsTrails = showsTrails
    if isFilm(path) {
      try film.write(to: path, in: environment)
    } else {
      try film.writeFrames(to: path, in: environment)
    }
    Output.note("wrote \(path)")
  }

  private func isFilm(_ path: String) -> Bool {
    path.lowercased().hasSuffix(EpisodeAnimation.suffix)
  }
}
