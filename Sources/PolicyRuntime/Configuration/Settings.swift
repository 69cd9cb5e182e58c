import Diffusion
import EnvironmentInterface
import Foundation
import Naming

/// A tree of settings that is laid over defaults: what a configuration file says, and no more.
///
/// Keys may be written with underscores or in camel case.
public struct Settings: Codable, Sendable, Hashable {
  /// One setting.
  public enum Value: Codable, Sendable, Hashable {
    /// Further settings.
    case group([String: Value])
    /// Several values.
    case list([Value])
    /// A text.
    case text(String)
    /// A whole number.
    case integer(Int)
    /// Any other number.
    case number(Double)
    /// True or false.
    case flag(Bool)
    /// Explicitly nothing.
    case none

    /// Reads a value of whichever kind it is.
    public init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if container.decodeNil() {
        self = .none
      } else if let value = try? container.decode(Bool.self) {
        self = .flag(value)
      } else if let value = try? container.decode(Int.self) {
        self = .integer(value)
      } else if let value = try? container.decode(Double.self) {
        self = .number(value)
      } else if let value = try? container.decode([Value].self) {
        self = .list(value)
      } else if let value = try? container.decode([String: Value].self) {
        self = .group(value)
      } else {
        self = .text(try container.decode(String.self))
      }
    }

    /// Writes the value as what it is.
    public func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      switch self {
      case .group(let value): try container.encode(value)
      case .list(let value): try container.encode(value)
      case .text(let value): try container.encode(value)
      case .integer(let value): try container.encode(value)
      case .number(let value): try container.encode(value)
      case .flag(let value): try container.encode(value)
      case .none: try container.encodeNil()
      }
    }

    /// As Foundation's JSON has it.
    fileprivate var json: Any {
      switch self {
      case .group(let value): value.mapValues(\.json)
      case .list(let value): value.map(\.json)
      case .text(let value): value
      case .integer(let value): value
      case .number(let value): value
      case .flag(let value): value
      case .none: NSNull()
      }
    }
  }

  /// The settings by name.
  public var values: [String: Value]

  /// Creates settings.
  public init(_ values: [String: Value] = [:]) {
    self.values = values
  }

  /// Reads a mapping.
  public init(from decoder: any Decoder) throws {
    values = try [String: Value](from: decoder)
  }

  /// Writes the mapping.
  public func encode(to encoder: any Encoder) throws {
    try values.encode(to: encoder)
  }

  /// The defaults with these settings.
  ///
  /// - Parameters:
  ///   - defaults: What holds where nothing is set.
  ///   - source: Where the settings come from, for errors.
  /// - Returns: The changed value.
  /// - Throws: `UnknownName` for a key that the value does not have, with the
  ///   nearest, ``ImitationError/optionOutOfRange(name:value:range:)`` for a number that is not
  ///   whole or negative where it must not be, and `DecodingError` for another kind of value.
  public func applied<Target: Codable>(to defaults: Target, source: String) throws -> Target {
    let encoded = try JSONSerialization.jsonObject(with: JSONEncoder().encode(defaults))
    let merged = try Self.merge(values, into: encoded, like: defaults, source: source)
    return try JSONDecoder().decode(
      Target.self, from: JSONSerialization.data(withJSONObject: merged))
  }

  /// Lays a mapping over an encoded value, whose stored properties are the keys that exist.
  private static func merge(
    _ values: [String: Value], into encoded: Any, like target: Any, source: String
  ) throws -> [String: Any] {
    var result = encoded as? [String: Any] ?? [:]
    var properties: [String: Any] = [:]
    for child in Mirror(reflecting: target).children {
      if let label = child.label { properties[label] = child.value }
    }
    for (written, value) in values {
      let new = (type(of: target) as? any FormerlyNamed.Type)?.formerNames ?? [:]
      let key = new[camelCase(written)] ?? camelCase(written)
      guard let property = properties[key] else {
        throw UnknownName(
          kind: "setting in \(source)", name: written, known: properties.keys.sorted())
      }
      switch value {
      case .group(let inner) where !(property is Settings || isCollection(property)):
        result[key] = try merge(inner, into: result[key] ?? [:], like: property, source: source)
      case .number(let number) where property is any BinaryInteger:
        throw ImitationError.optionOutOfRange(
          name: "\(source): \(written)", value: "\(number)", range: "a whole number")
      case .integer(let number) where number < 0 && property is any UnsignedInteger:
        throw ImitationError.optionOutOfRange(
          name: "\(source): \(written)", value: "\(number)", range: "at least 0")
      default:
        result[key] = value.json
      }
    }
    return result
  }

  /// Whether a setting is a list, which may be written as its only element, or has keys of its own.
  private static func isCollection(_ property: Any) -> Bool {
    [.collection, .dictionary].contains(Mirror(reflecting: property).displayStyle)
  }

  private static func camelCase(_ name: String) -> String {
    let words = name.split(separator: "_")
    return words.prefix(1).joined() + words.dropFirst().map(\.capitalized).joined()
  }
}

/// A value whose settings had other names before, under which they may still be set.
protocol FormerlyNamed {
  /// The former names and what they are called now.
  static var formerNames: [String: String] { get }
}

extension SamplerSpecification: FormerlyNamed {}
