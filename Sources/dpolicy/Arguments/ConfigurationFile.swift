import Foundation
import Imitation
import Yams

/// Configurations in YAML.
enum ConfigurationFile {
  /// Reads a file.
  ///
  /// - Parameters:
  ///   - path: The YAML file.
  ///   - type: What it holds.
  /// - Returns: What it says.
  /// - Throws: ``UsageError`` for a file that cannot be read or is no YAML of this type.
  static func load<Value: Decodable>(_ path: String, as type: Value.Type = Value.self) throws
    -> Value
  {
    let text: String
    do {
      text = try String(contentsOfFile: path, encoding: .utf8)
    } catch {
      throw UsageError("\(path): the configuration cannot be read")
    }
    do {
      return try YAMLDecoder().decode(type, from: text)
    } catch let error as DecodingError {
      throw UsageError("\(path): \(error.reason)")
    } catch let error as YamlError {
      throw UsageError("\(path): \(error)")
    }
  }

  /// The defaults with a file's settings.
  ///
  /// - Parameters:
  ///   - path: The YAML file.
  ///   - defaults: What holds where the file says nothing.
  /// - Returns: The settings.
  /// - Throws: ``UsageError`` for a file that cannot be read, `EnvironmentError` for an unknown
  ///   key, with the nearest.
  static func load<Value: Codable>(_ path: String, over defaults: Value) throws -> Value {
    do {
      return try load(path, as: Settings.self).applied(to: defaults, source: path)
    } catch let error as DecodingError {
      throw UsageError("\(path): \(error.reason)")
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
