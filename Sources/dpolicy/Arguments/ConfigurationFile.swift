import EnvironmentInterface
import Foundation
import Yams

/// A YAML file of settings that are laid over defaults; keys may be written with underscores.
enum ConfigurationFile {
  /// The defaults with the file's settings.
  ///
  /// - Parameters:
  ///   - path: The YAML file.
  ///   - defaults: What holds where the file says nothing.
  /// - Returns: The settings.
  /// - Throws: ``UsageError`` for a file that cannot be read or is no YAML mapping,
  ///   ``EnvironmentError`` for an unknown key, with the nearest, `DecodingError` for a value of the
  ///   wrong kind.
  static func load<Value: Codable>(_ path: String, over defaults: Value) throws -> Value {
    let text: String
    do {
      text = try String(contentsOfFile: path, encoding: .utf8)
    } catch {
      throw UsageError("\(path): the configuration cannot be read")
    }
    let document: Any?
    do {
      document = try Yams.load(yaml: text)
    } catch {
      throw UsageError("\(path): no YAML: \(error)")
    }
    guard let settings = document as? [String: Any] else {
      throw UsageError("\(path): a configuration is a mapping of names to values")
    }
    let encoded = try JSONSerialization.jsonObject(with: JSONEncoder().encode(defaults))
    let merged = try merge(settings, into: encoded, like: defaults, path: path)
    return try JSONDecoder().decode(
      Value.self, from: JSONSerialization.data(withJSONObject: merged))
  }

  /// Lays a mapping over an encoded value, whose properties are the keys that exist.
  private static func merge(
    _ settings: [String: Any], into encoded: Any, like value: Any, path: String
  ) throws -> [String: Any] {
    var result = encoded as? [String: Any] ?? [:]
    var properties: [String: Any] = [:]
    for child in Mirror(reflecting: value).children {
      if let label = child.label { properties[label] = child.value }
    }
    for (written, setting) in settings {
      let key = camelCase(written)
      guard let property = properties[key] else {
        throw EnvironmentError.unknownName(
          kind: "setting in \(path)", name: written, known: properties.keys.sorted())
      }
      if let inner = setting as? [String: Any] {
        result[key] = try merge(inner, into: result[key] ?? [:], like: property, path: path)
      } else {
        result[key] = setting
      }
    }
    return result
  }

  private static func camelCase(_ name: String) -> String {
    let words = name.split(separator: "_")
    return words.prefix(1).joined() + words.dropFirst().map(\.capitalized).joined()
  }
}
