import Foundation

/// Where results and remarks go.
enum Output {
  /// Writes a result to standard output.
  ///
  /// - Throws: When it cannot be written, so that a full disk is an error.
  static func result(_ text: String) throws {
    do {
      try FileHandle.standardOutput.write(contentsOf: Data("\(harmless(text))\n".utf8))
    } catch {
      throw OutputError(description: "standard output cannot be written")
    }
  }

  /// Writes one JSON document to standard output, its keys with underscores.
  ///
  /// - Parameter value: The document.
  /// - Throws: When it cannot be written.
  static func json(_ value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try result(String(decoding: encoder.encode(value), as: UTF8.self))
  }

  /// Refuses a path at which no file can be made.
  ///
  /// - Throws: ``OutputError`` that says why.
  static func checkPlace(_ path: String) throws {
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
    var isFolder: ObjCBool = false
    let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
    let reason: String? =
      if path.isEmpty {
        "the path is empty"
      } else if exists, isFolder.boolValue {
        "it is a folder"
      } else if !FileManager.default.fileExists(atPath: folder) {
        "its folder does not exist"
      } else if access(folder, W_OK) != 0 {
        String(cString: strerror(errno)).lowercased()
      } else {
        nil
      }
    if let reason { throw OutputError(description: "\(path): cannot be written: \(reason)") }
  }

  /// Refuses a name that promises another format than is written, and a place at which no file can
  /// be made.
  ///
  /// - Parameters:
  ///   - path: Where a picture or a film goes.
  ///   - option: The option that says so, such as `--picture`.
  ///   - ending: The ending of what is written, such as `.png`.
  ///   - others: What the name may be else, in words; nil if it may be without any ending.
  /// - Throws: ``UsageError`` for the name, ``OutputError`` for the place.
  static func checkPicture(
    _ path: String, of option: String, endingIn ending: String, or others: String? = nil
  ) throws {
    let hasOther = others != nil || !URL(fileURLWithPath: path).pathExtension.isEmpty
    guard path.lowercased().hasSuffix(ending) || !hasOther else {
      throw UsageError(
        "'\(option) \(path)' must end in \(ending), \(others ?? "the format that is written")")
    }
    try checkPlace(path)
  }

  /// Writes a remark to standard error.
  static func note(_ text: String) {
    try? FileHandle.standardError.write(contentsOf: Data("\(harmless(text))\n".utf8))
  }

  /// A text in which what would steer a terminal is written out: names of files and in files may
  /// hold anything.
  static func harmless(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: steers) else { return text }
    return text.unicodeScalars.reduce(into: "") { result, scalar in
      result += steers(scalar) ? scalar.escaped(asASCII: true) : String(scalar)
    }
  }

  private static func steers(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.generalCategory == .control && scalar != "\n" && scalar != "\t"
  }
}

/// A result that cannot be written.
struct OutputError: Error, CustomStringConvertible {
  let description: String
}
