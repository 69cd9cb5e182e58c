import Foundation

/// Where results and remarks go.
enum Output {
  /// Writes a result to standard output.
  ///
  /// - Throws: When it cannot be written, so that a full disk is no success.
  static func result(_ text: String) throws {
    do {
      try FileHandle.standardOutput.write(contentsOf: Data("\(text)\n".utf8))
    } catch {
      throw OutputError(description: "standard output cannot be written")
    }
  }

  /// Writes one JSON document to standard output.
  ///
  /// - Throws: When it cannot be written.
  static func json(_ value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try result(String(decoding: encoder.encode(value), as: UTF8.self))
  }

  /// Writes a remark to standard error.
  static func note(_ text: String) {
    try? FileHandle.standardError.write(contentsOf: Data("\(text)\n".utf8))
  }
}

/// A result that could not be written.
struct OutputError: Error, CustomStringConvertible {
  let description: String
}
