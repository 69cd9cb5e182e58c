import Diffusion
import DurableFiles
import EnvironmentInterface
import Foundation
import Imitation
import Naming
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
      let data = try RegularFile.contents(path)
      guard let decoded = String(validating: data, as: UTF8.self) else {
        throw UsageError("\(path): settings are YAML, but this is not UTF-8 text")
      }
      text = decoded
    } catch let error as SystemFailure {
      throw UsageError("\(path): the settings cannot be read: \(error.reason)")
    }
    do {
      guard let tree = try SettingsTree.parse(text, source: path) else { return defaults }
      guard tree.mapping != nil else {
        throw UsageError("\(path): the settings must be a mapping, such as 'steps: 5000'")
      }
      let settings = try YAMLDecoder().decode(Settings.self, from: tree)
      return try apply(settings, to: defaults, source: path)
    } catch let error as DecodingError {
      throw UsageError("\(path): \(error.reason)")
    } catch let error as YamlError {
      throw UsageError("\(path): \(error.reason)")
    }
  }

  /// The defaults with some settings.
  ///
  /// - Throws: ``UsageError`` for a value of the wrong kind, `EnvironmentError` for an unknown key,
  ///   with the nearest.
  static func apply<Value: Codable>(
    _ settings: Settings, to defaults: Value, source: String
  ) throws -> Value {
    do {
      return try settings.applied(to: defaults, source: source)
    } catch let error as DecodingError {
      throw UsageError("\(source): \(error.settingReason)")
    }
  }
}

extension YamlError {
  /// What is no YAML and where, in a line.
  fileprivate var reason: String {
    switch self {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      "not YAML at line \(mark.line): \(problem)"
    default: "this is not YAML"
    }
  }
}

extension DecodingError {
  /// What has another layout than expected and where, in words; keys as they stand in the document.
  var reason: String { reason { $0 } }

  /// The same of settings, whose names are told as files and `--set` have them.
  var settingReason: String { reason(\.asSetting) }

  private func reason(_ name: (String) -> String) -> String {
    let context: Context
    let expected: String
    switch self {
    case .typeMismatch(let type, let found), .valueNotFound(let type, let found):
      (context, expected) = (found, "must be \(Self.words(for: type))")
    case .keyNotFound(let key, let found):
      (context, expected) = (found, "needs '\(name(key.stringValue))'")
    case .dataCorrupted(let found):
      context = found
      if let unknown = found.underlyingError as? UnknownName {
        expected = unknown.description
      } else if found.codingPath.isEmpty || found.debugDescription.contains("JSON") {
        // Foundation's words for a number that is not whole, or too large.
        expected = "has a number of the wrong kind or size"
      } else {
        expected = found.debugDescription
      }
    @unknown default:
      (context, expected) = (Context(codingPath: [], debugDescription: ""), "has another layout")
    }
    let path = context.codingPath.map { $0.intValue.map { "[\($0)]" } ?? name($0.stringValue) }
    return (path.isEmpty ? "" : path.joined(separator: ".") + ": ") + expected
  }

  /// What a person would write for a value of a type.
  private static func words(for type: any Any.Type) -> String {
    switch type {
    case is any BinaryInteger.Type: "a whole number"
    case is any BinaryFloatingPoint.Type: "a number"
    case is String.Type: "a text"
    case is Bool.Type: "true or false"
    case is [Any].Type: "a list"
    default: "a group of settings"
    }
  }
}
