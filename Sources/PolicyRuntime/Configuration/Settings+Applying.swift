import Diffusion
import Foundation
import Naming

extension Settings {
  /// The defaults with these settings.
  ///
  /// A method or a backbone is chosen by its name alone (`method: mse`), or by its name with
  /// settings (`method: {diffusion: {prediction: velocity}}`). Settings without a name are those of
  /// the one that is chosen (`backbone: {depth: 4}`), and a policy's settings that it has not
  /// itself are its method's (`policy: {bins: 10}`).
  ///
  /// - Parameters:
  ///   - defaults: What holds where nothing is set.
  ///   - source: Where the settings come from, for errors.
  ///   - parts: The methods and backbones that are known.
  /// - Returns: The changed value.
  /// - Throws: `UnknownName` for a key that the value does not have, with the nearest,
  ///   ``ImitationError/optionOutOfRange(name:value:range:)`` for a number that is not whole or
  ///   negative where it must not be, ``ImitationError/noSetting(name:part:owners:)`` for a setting
  ///   that another method or backbone has, and `DecodingError` for another kind of value.
  public func applied<Target: Codable>(
    to defaults: Target, source: String, parts: PolicyParts = .standard
  ) throws -> Target {
    let encoded = try JSONSerialization.jsonObject(with: JSONEncoder().encode(defaults))
    let merger = SettingsMerger(source: source, parts: parts)
    let merged =
      if let part = defaults as? any PolicyPart {
        try merger.merge(values, into: encoded, of: part)
      } else {
        try merger.merge(values, into: encoded, like: defaults)
      }
    return try JSONDecoder(parts: parts).decode(
      Target.self, from: JSONSerialization.data(withJSONObject: merged))
  }
}

/// Lays settings over encoded values, whose stored properties are the keys that exist.
private struct SettingsMerger {
  let source: String
  let parts: PolicyParts

  func merge(
    _ values: [String: Settings.Value], into encoded: Any, like target: Any
  ) throws -> [String: Any] {
    var result = encoded as? [String: Any] ?? [:]
    let properties = properties(of: target)
    var forMethod: [String: Settings.Value] = [:]
    // What is chosen by name comes first, so that further settings are laid over it.
    for (written, value) in values.sorted(by: { $0.key < $1.key }) {
      let key = key(written, of: target)
      if let property = properties[key] {
        // A type may write its keys with underscores.
        let place = result.keys.first { self.key($0, of: target) == key } ?? key
        result[place] = try merged(value, into: result[place], like: property, written)
      } else if target is PolicyConfiguration, !parts.methods.names(having: key).isEmpty {
        forMethod[written] = value
      } else {
        throw UnknownName(
          kind: "setting", name: written, known: properties.keys.map(\.asSetting).sorted(),
          source: source)
      }
    }
    if !forMethod.isEmpty, let method = (target as? PolicyConfiguration)?.method {
      result["method"] = try merge(.group(forMethod), choosing: method, result["method"])
    }
    return result
  }

  /// Lays settings over a method or backbone itself.
  func merge(
    _ values: [String: Settings.Value], into encoded: Any, of part: any PolicyPart
  ) throws -> [String: Any] {
    for written in values.keys.sorted() {
      let key = key(written, of: part)
      if part.hasSetting(key) { continue }
      let owners = parts.alternatives(to: part).filter { $0.hasSetting(key) }.map(\.name)
      if owners.isEmpty {
        throw UnknownName(
          kind: "setting of \(part.name)", name: written,
          known: part.settingNames.map(\.asSetting).sorted(), source: source)
      }
      throw ImitationError.noSetting(name: written, part: part.name, owners: owners)
    }
    return try merge(values, into: encoded, like: part)
  }

  private func merged(
    _ value: Settings.Value, into encoded: Any?, like property: Any, _ written: String
  ) throws -> Any {
    if let part = property as? any PolicyPart {
      let settings = encoded as? [String: Any] ?? [:]
      let names = parts.alternatives(to: part).map(\.name)
      // A part of a fixed kind inside of another stands without its name.
      if case .group(let inner) = value, !settings.isEmpty,
        !settings.keys.contains(where: names.contains)
      {
        return try merge(inner, into: settings, of: part)
      }
      return try merge(value, choosing: part, encoded)
    }
    // What is not there yet has no properties to compare with; its own decoding checks the keys.
    let isOptional = Mirror(reflecting: property).displayStyle == .optional
    let held: Any? = isOptional ? inside(property).first?.value : property
    switch value {
    case .none: return value.json
    case .group(let inner):
      guard let held, !(held is Settings || isCollection(held)) else { return value.json }
      return try merge(inner, into: encoded ?? [:], like: held)
    case .number(let number) where property is any BinaryInteger:
      throw ImitationError.optionOutOfRange(
        name: "\(source): \(written)", value: "\(number)", range: "a whole number")
    case .integer(let number) where number < 0 && property is any UnsignedInteger:
      throw ImitationError.optionOutOfRange(
        name: "\(source): \(written)", value: "\(number)", range: "at least 0")
    default:
      if let held = held as? any Codable, encoded is [String: Any], !reads(value.json, like: held),
        case let names = inside(held).compactMap({ $0.label?.asSetting }), !names.isEmpty
      {
        throw ImitationError.optionOutOfRange(
          name: "\(source): \(written)", value: "\(value)",
          range: "a group of \(names.joined(separator: ", ")), such as '\(written).\(names[0])'")
      }
      return value.json
    }
  }

  /// Whether a value that is written without keys can be read where a group stands.
  private func reads<Group: Codable>(_ json: Any, like group: Group) -> Bool {
    guard let data = try? JSONSerialization.data(withJSONObject: [json]) else { return false }
    return (try? JSONDecoder(parts: parts).decode([Group].self, from: data)) != nil
  }

  /// Chooses a method or backbone by its name, and lays settings over it.
  ///
  /// - Parameters:
  ///   - value: A name, a name with settings, or settings of the one that is chosen.
  ///   - part: The one that stands there by default.
  ///   - encoded: What is chosen so far: a name with all settings.
  /// - Returns: A name with all settings.
  /// - Throws: `UnknownName` for another name or setting, and ``ImitationError`` for values that
  ///   cannot be.
  private func merge(
    _ value: Settings.Value, choosing part: any PolicyPart, _ encoded: Any?
  ) throws -> [String: Any] {
    var chosen =
      try (encoded as? [String: Any])?.keys.first.map {
        try parts.part(named: $0, inPlaceOf: part)
      } ?? part
    var settings: Any = (encoded as? [String: Any])?[chosen.name] ?? [:]
    func choose(_ name: String) throws {
      guard name != chosen.name else { return }
      chosen = try parts.part(named: name, inPlaceOf: part)
      settings = try JSONSerialization.jsonObject(with: JSONEncoder().encode(chosen))
    }
    switch value {
    case .text(let name): try choose(name)
    case .group(var inner):
      // The former way to name a backbone among its settings.
      if case .text(let name)? = inner.removeValue(forKey: "kind") { try choose(name) }
      let names = parts.alternatives(to: part).map(\.name)
      for name in inner.keys.filter(names.contains).sorted() {
        guard let own = inner.removeValue(forKey: name) else { continue }
        try choose(name)
        if case .group(let own) = own { settings = try merge(own, into: settings, of: chosen) }
      }
      settings = try merge(inner, into: settings, of: chosen)
    default:
      throw ImitationError.optionOutOfRange(
        name: "\(source): \(part is any Method ? "method" : "backbone")", value: "\(value)",
        range: "a name, or a name with settings")
    }
    return [chosen.name: settings]
  }

  private func properties(of target: Any) -> [String: Any] {
    var properties: [String: Any] = [:]
    for child in inside(target) {
      if let label = child.label { properties[label] = child.value }
    }
    return properties
  }

  /// The stored properties of a value, as declared.
  private func inside(_ value: Any) -> Mirror.Children { Mirror(reflecting: value).children }

  /// The name of a property of a value by a name as it is written.
  private func key(_ written: String, of target: Any) -> String {
    let words = written.split(separator: "_")
    let key = words.prefix(1).joined() + words.dropFirst().map(\.capitalized).joined()
    return (type(of: target) as? any FormerlyNamed.Type)?.formerNames[key] ?? key
  }

  /// Whether a setting is a list, which may be written as its only element, or has keys of its own.
  private func isCollection(_ property: Any) -> Bool {
    [.collection, .dictionary].contains(Mirror(reflecting: property).displayStyle)
  }
}

/// A value whose settings had other names before, under which they may still be set.
protocol FormerlyNamed {
  /// The former names and what they are called now.
  static var formerNames: [String: String] { get }
}

extension SamplerSpecification: FormerlyNamed {}
