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
    var json: Any {
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
}
