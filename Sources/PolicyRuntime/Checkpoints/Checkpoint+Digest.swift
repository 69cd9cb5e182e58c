import Checksums
import Foundation
import Neural

extension Checkpoint {
  /// The SHA-256 of weights and normaliser: what decides, whatever the folder is called.
  ///
  /// - Throws: An encoding error; none for what was read from a folder.
  public var digest: String {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = .sortedKeys
      var hash = SHA256()
      weights.withUnsafeElements { hash.update(UnsafeRawBufferPointer($0)) }
      try encoder.encode(normalizer).withUnsafeBytes { hash.update($0) }
      return hash.hexadecimal
    }
  }
}
