import Foundation

/// A message of a page: a JSON object with a `type` and its fields, each checked when it is read.
struct PageMessage {
  /// The longest message that is looked at, in bytes.
  private static let longest = 1 << 16

  /// What is asked for.
  let type: String
  private let fields: [String: Any]

  /// Reads a message.
  ///
  /// - Throws: ``StudioFailure/badMessage(reason:)``.
  init(_ data: Data) throws {
    guard data.count <= Self.longest else {
      throw StudioFailure.badMessage(reason: "it has more than \(Self.longest) bytes")
    }
    guard let fields = try? JSONSerialization.jsonObject(with: data) as? [String: Any] else {
      throw StudioFailure.badMessage(reason: "it is not a JSON object")
    }
    guard let type = fields["type"] as? String else {
      throw StudioFailure.badMessage(reason: "'type' is missing")
    }
    self.type = type
    self.fields = fields
  }

  func text(_ name: String) throws -> String {
    guard let text = fields[name] as? String else { throw bad(name, "must be text") }
    return text
  }

  func flag(_ name: String) throws -> Bool {
    guard let flag = fields[name] as? Bool else { throw bad(name, "must be true or false") }
    return flag
  }

  func number(_ name: String) throws -> Double {
    guard let number = fields[name] as? NSNumber, number.doubleValue.isFinite else {
      throw bad(name, "must be a number")
    }
    return number.doubleValue
  }

  /// A whole number; nil where the field is missing or null.
  func whole(_ name: String) throws -> Int? {
    guard let value = fields[name], !(value is NSNull) else { return nil }
    guard let number = value as? NSNumber, let whole = Int(exactly: number) else {
      throw bad(name, "must be a whole number")
    }
    return whole
  }

  func numbers(_ name: String) throws -> [Float] {
    guard let list = fields[name] as? [NSNumber], list.count <= 1000 else {
      throw bad(name, "must be a list of numbers")
    }
    return list.map(\.floatValue)
  }

  func texts(_ name: String) throws -> [String] {
    guard let list = fields[name] as? [String] else { throw bad(name, "must be a list of text") }
    return list
  }

  /// The error for a type that nobody knows.
  func unknown(known: [String]) -> StudioFailure {
    .badMessage(
      reason: "there is no type '\(type.prefix(40))'; known: \(known.joined(separator: ", "))")
  }

  private func bad(_ name: String, _ reason: String) -> StudioFailure {
    .badMessage(reason: "'\(name)' of '\(type.prefix(40))' \(reason)")
  }
}
