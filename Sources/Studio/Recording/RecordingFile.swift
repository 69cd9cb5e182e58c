import Demonstrations
import EnvironmentInterface
import Foundation

/// Where a recording goes: a file that is there, or one that is created with the first episode.
///
/// A name that was mistyped leaves nothing behind.
enum RecordingFile {
  case open(DemonstrationRecorder)
  case new(path: String)

  /// Opens the file at a path if there is one.
  ///
  /// - Parameters:
  ///   - path: The path.
  ///   - environment: What will be recorded; a file that exists must have the same.
  /// - Returns: The file, and the seed of the next episode.
  /// - Throws: ``StudioFailure/notSteerable(environment:action:)``, or `DemonstrationError`.
  static func at(
    _ path: String, for environment: EnvironmentDescription
  ) throws -> (file: RecordingFile, seed: UInt64) {
    let manager = FileManager.default
    guard !manager.fileExists(atPath: path), !manager.fileExists(atPath: path + ".journal") else {
      let (recorder, seed) = try RecordingSession.recorder(for: path, in: environment, seed: 0)
      return (.open(recorder), seed)
    }
    _ = try Steering(environment)
    // What cannot be written is told before somebody has recorded an episode for it.
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
    guard manager.isWritableFile(atPath: folder) else {
      throw DemonstrationError.unwritable(
        path: path,
        reason: manager.fileExists(atPath: folder)
          ? "its folder cannot be written to" : "its folder does not exist")
    }
    return (.new(path: path), 0)
  }

  /// The recorder, where the file is open.
  var recorder: DemonstrationRecorder? {
    if case .open(let recorder) = self { recorder } else { nil }
  }

  /// The recorder; the file is created if it was not there.
  ///
  /// - Throws: `DemonstrationError`.
  mutating func opened(for environment: EnvironmentDescription) throws -> DemonstrationRecorder {
    switch self {
    case .open(let recorder): return recorder
    case .new(let path):
      let recorder = try DemonstrationRecorder(path: path, environment: environment)
      self = .open(recorder)
      return recorder
    }
  }
}
