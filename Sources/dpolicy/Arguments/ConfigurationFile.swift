import Foundation
import Imitation
import Yams

/// Configurations in YAML.
enum ConfigurationFile {
  /// The defaults with a file's settings.
  ///
  /// - Throws: ``UsageError`` for a file that cannot be read, is no YAML mapping or has a value of
  ///   the wrong kind, `EnvironmentError` for an unknown key, with the nearest.
  static func load<Value: Codable>(_ path: String, over defaults: Value) throws -> Value {
    let text: String
    do {
      text = try String(contentsOfFile: path, encoding: .utf8)
    } catch {
      throw UsageError("\(path): the configuration cannot be read")
    }
    do {
      let settings = try YAMLDecoder().decode(Settings.self, from: text)
      return try settings.applied(to: defaults, source: path)
    } catch let error as DecodingError {
      throw UsageError("\(path): \(error.reason)")
    } catch let error as YamlError {
      throw UsageError("\(path): \(error)")
    }
  }
}

extension DecodingError {
  /// Where something has another layout than expected, in words.
  var reason: String {
    let context =
      switch self {
      case .dataCorrupted(let context): context
      case .keyNotFound(_, let context): context
      case .typeMismatch(_, let context): context
      case .valueNotFound(_, let context): context
      @unknown default: DecodingError.Context(codingPath: [], debugDescription: "\(self)")
      }
    let path = context.codingPath.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }
    return (path.isEmpty ? "" : path.joined(separator: ".") + ": ") + context.debugDescription
  }
}
