import EnvironmentInterface
public import Foundation

/// The documents in which decisions are asked for and answered; ``DecisionService`` describes them.
///
/// A value that knows no policy, only what it looks at: documents are read and written on any thread
/// while the policy decides on its own.
public struct DecisionFormat: Sendable {
  private let normalizer: Normalizer
  private let horizon: Int

  /// The documents of one policy.
  public init(_ policy: Policy) {
    normalizer = policy.checkpoint.normalizer
    horizon = policy.observationHorizon
  }

  // MARK: Reading

  /// Reads a document.
  ///
  /// - Parameter document: The JSON document.
  /// - Returns: A request that the policy can decide on.
  /// - Throws: ``MalformedRequest`` that names the field.
  public func request(_ document: Data) throws(MalformedRequest) -> DecisionRequest {
    guard let fields = try? JSONSerialization.jsonObject(with: document) as? [String: Any] else {
      throw MalformedRequest(id: nil, description: "this is no JSON object")
    }
    let id = fields["id"].flatMap(Self.json)
    do {
      let window = try window(fields)
      return DecisionRequest(id: id, window: window, seed: try seed(fields))
    } catch {
      throw MalformedRequest(id: id, description: "\(error)")
    }
  }

  private func seed(_ request: [String: Any]) throws -> UInt64? {
    guard let value = request["seed"] else { return nil }
    guard let number = value as? NSNumber, !number.isTruth, let seed = UInt64(exactly: number)
    else { throw malformed("seed", "must be a whole number, not negative") }
    return seed
  }

  private func window(_ request: [String: Any]) throws -> ObservationWindow {
    for key in request.keys.sorted() where !["id", "observations", "seed"].contains(key) {
      throw malformed(key, "is no field; known: id, observations, seed")
    }
    guard let fields = request["observations"] as? [String: Any] else {
      throw malformed("observations", "must be an object of names and lists of values")
    }
    let names = normalizer.observationNames
    for name in fields.keys.sorted() where !names.contains(name) {
      throw malformed(
        "observations.\(name)",
        "is not looked at; the policy looks at \(names.joined(separator: ", "))")
    }
    var window: [ObservationFrame] = []
    for name in names {
      guard let value = fields[name] else { throw malformed("observations.\(name)", "is missing") }
      let rows = try values(value, name)
      if window.isEmpty { window = Array(repeating: [:], count: rows.count) }
      guard rows.count == window.count else {
        throw malformed(
          "observations.\(name)", "has \(rows.count) steps, another observation \(window.count)")
      }
      for (index, row) in rows.enumerated() { window[index][name] = row }
    }
    // Lengths and values are checked here, so that a bad window meets nobody else's in a batch.
    for observation in window { _ = try normalizer.features(of: observation) }
    return ObservationWindow(window)
  }

  /// The steps of one observation.
  private func values(_ value: Any, _ name: String) throws -> [ObservationValue] {
    let format = normalizer.images.first { $0.name == name }
    let steps = value as? [Any] ?? []
    let rows = steps.compactMap { format == nil ? numbers($0) : image($0) }
    guard value is [Any], rows.count == steps.count else {
      throw malformed(
        "observations.\(name)",
        format == nil
          ? "must be a list of lists of numbers, oldest first"
          : "must be a list of images, oldest first: rows of pixels of bytes, 0…255, or flat")
    }
    guard (1...horizon).contains(rows.count) else {
      throw malformed(
        "observations.\(name)", "has \(rows.count) steps, but must have 1…\(horizon)")
    }
    for case .uint8(let bytes) in rows where bytes.count != format?.count {
      throw WindowError.wrongLength(
        name: "image '\(name)'", actual: bytes.count, expected: format?.count ?? 0)
    }
    return rows
  }

  private func numbers(_ value: Any) -> ObservationValue? {
    guard let values = value as? [NSNumber], !values.contains(where: \.isTruth) else { return nil }
    return .float32(values.map(\.floatValue))
  }

  /// The bytes of an image, however deep its lists are; nil for anything but bytes.
  private func image(_ value: Any) -> ObservationValue? {
    var bytes: [UInt8] = []
    func append(_ value: Any) -> Bool {
      if let list = value as? [Any] { return list.allSatisfy(append) }
      guard let number = value as? NSNumber, !number.isTruth, let byte = UInt8(exactly: number)
      else { return false }
      bytes.append(byte)
      return true
    }
    return value is [Any] && append(value) ? .uint8(bytes) : nil
  }

  private func malformed(_ field: String, _ reason: String) -> ImitationError {
    .malformedWindow(reason: "'\(field)' \(reason)")
  }

  // MARK: Writing

  /// The document of an answer.
  ///
  /// - Parameters:
  ///   - actions: The actions to execute, h × A.
  ///   - id: What the client calls the decision, as JSON.
  /// - Returns: The JSON document, keys in order, without a newline; each number has the fewest
  ///   digits that name that float and no other.
  public func answer(_ actions: [[Float]], id: String?) -> Data {
    var text = "{\"actions\":["
    for (step, action) in actions.enumerated() {
      text += step == 0 ? "[" : ",["
      for (index, value) in action.enumerated() {
        if index > 0 { text += "," }
        text += value.description
      }
      text += "]"
    }
    text += "],\"horizon\":\(actions.count)"
    if let id { text += ",\"id\":\(id)" }
    return Data((text + "}").utf8)
  }

  /// The document of a complaint.
  ///
  /// - Parameters:
  ///   - text: What is wrong.
  ///   - id: What the client calls the decision, as JSON.
  /// - Returns: The JSON document, without a newline.
  public func complaint(_ text: String, id: String?) -> Data {
    Data("{\"error\":\(Self.json(text) ?? "\"\"")\(id.map { ",\"id\":\($0)" } ?? "")}".utf8)
  }

  private static func json(_ value: Any) -> String? {
    let options: JSONSerialization.WritingOptions = [
      .fragmentsAllowed, .sortedKeys, .withoutEscapingSlashes,
    ]
    let data = try? JSONSerialization.data(withJSONObject: value, options: options)
    return data.map { String(decoding: $0, as: UTF8.self) }
  }
}

extension NSNumber {
  /// Whether it was written as `true` or `false`.
  fileprivate var isTruth: Bool { objCType.pointee == CChar(UInt8(ascii: "c")) }
}
