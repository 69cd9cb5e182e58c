import Checksums
import Foundation

/// The SHA-256 of each file of a checkpoint folder, in `checksums.json`.
///
/// `sha256sum` computes the same. Checkpoints of earlier versions have none; whoever changes a file
/// by hand removes its line, or the whole file.
struct CheckpointChecksums: Codable {
  /// The name of the file.
  static let name = "checksums.json"

  /// 64 hexadecimal digits for each file name.
  var sha256: [String: String]

  /// Computes the checksums of files.
  init(of files: [String: Data]) {
    sha256 = files.mapValues(Self.digest)
  }

  /// The checksums of a folder, or nil where it has none.
  ///
  /// - Throws: ``ImitationError/malformedCheckpoint(path:reason:)``.
  init?(in folder: String) throws {
    let path = "\(folder)/\(Self.name)"
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    guard let data = FileManager.default.contents(atPath: path),
      let known = try? JSONDecoder().decode(CheckpointChecksums.self, from: data)
    else {
      throw ImitationError.malformedCheckpoint(path: path, reason: "these are not checksums")
    }
    if let stranger = known.sha256.keys.sorted().first(where: {
      !CheckpointFolder.names.contains($0)
    }) {
      throw ImitationError.malformedCheckpoint(
        path: path, reason: "it names '\(stranger)', which is not a file of a checkpoint")
    }
    self = known
  }

  /// The file's bytes; equal checksums give equal bytes.
  func encoded() throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    return try encoder.encode(self)
  }

  /// Compares a file's bytes with its checksum.
  ///
  /// - Throws: ``ImitationError/malformedCheckpoint(path:reason:)`` where they differ.
  func check(_ data: Data, _ name: String, in folder: String) throws {
    guard let expected = sha256[name], expected != Self.digest(data) else { return }
    throw ImitationError.malformedCheckpoint(
      path: "\(folder)/\(name)",
      reason: "it does not match its checksum, so it was damaged or changed; if you changed it on"
        + " purpose, remove its line from \(Self.name)")
  }

  private static func digest(_ data: Data) -> String {
    var hash = SHA256()
    data.withUnsafeBytes { hash.update($0) }
    return hash.hexadecimal
  }
}
