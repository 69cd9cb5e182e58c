import Demonstrations
import EnvironmentInterface
public import Foundation

/// A policy behind a line protocol: one JSON window in, one JSON chunk out.
///
/// In: `{"id": "any", "observations": {"name": [[…], …]}, "seed": 7}`, oldest first, at most the
/// observation horizon; an image is a list of bytes, flat or in rows of pixels. Out: `{"id": "any", "actions": [[…], …], "horizon": 8}` in the environment's
/// units, or `{"id": "any", "error": "…"}`. The id comes back with its answer, so that a late one is
/// never taken for a newer one.
public final class DecisionService {
  private let policy: Policy
  private var decisions = 0

  /// Serves a policy.
  public init(_ policy: Policy) {
    self.policy = policy
  }

  /// Answers one document.
  ///
  /// Without a seed each decision draws new randomness, in the same order for every service; with
  /// one the answer is a function of window and seed.
  ///
  /// - Parameter line: The JSON document.
  /// - Returns: The JSON answer, without a newline.
  public func answer(_ line: Data) -> Data {
    var id: Any?
    do {
      guard let request = try? JSONSerialization.jsonObject(with: line) as? [String: Any] else {
        throw ImitationError.malformedWindow(reason: "this is no JSON object")
      }
      id = request["id"]
      let window = try window(request)
      let key = try key(request)
      let actions = try policy.act([window], keys: [key])[0]
      decisions += 1
      return encode(["id": id, "actions": actions, "horizon": actions.count])
    } catch {
      return encode(["id": id, "error": "\(error)"])
    }
  }

  private func encode(_ fields: [String: Any?]) -> Data {
    var object = fields.compactMapValues { $0 }
    if let actions = object["actions"] as? [[Float]] {
      // As text first: a float's own shortest digits, not those of its value as a double.
      object["actions"] = actions.map { $0.map { NSDecimalNumber(string: "\($0)") } }
    }
    let options: JSONSerialization.WritingOptions = [.sortedKeys, .withoutEscapingSlashes]
    return (try? JSONSerialization.data(withJSONObject: object, options: options)) ?? Data()
  }

  private func key(_ request: [String: Any]) throws -> DecisionKey {
    guard let value = request["seed"] else { return DecisionKey(seed: 0, step: decisions) }
    guard let number = value as? NSNumber, let seed = UInt64(exactly: number) else {
      throw malformed("seed", "must be a whole number, not negative")
    }
    return DecisionKey(seed: seed, step: 0)
  }

  private func window(_ request: [String: Any]) throws -> ObservationWindow {
    for key in request.keys.sorted() where !["id", "observations", "seed"].contains(key) {
      throw malformed(key, "is no field; known: id, observations, seed")
    }
    guard let fields = request["observations"] as? [String: Any] else {
      throw malformed("observations", "must be an object of names and lists of values")
    }
    for name in fields.keys.sorted() where !policy.observationNames.contains(name) {
      throw malformed(
        "observations.\(name)",
        "is not looked at; the policy looks at \(policy.observationNames.joined(separator: ", "))")
    }
    var window: [Observation] = []
    for name in policy.observationNames {
      guard let value = fields[name] else { throw malformed("observations.\(name)", "is missing") }
      let rows = try values(value, name)
      if window.isEmpty { window = Array(repeating: [:], count: rows.count) }
      guard rows.count == window.count else {
        throw malformed(
          "observations.\(name)", "has \(rows.count) steps, another observation \(window.count)")
      }
      for (index, row) in rows.enumerated() { window[index][name] = row }
    }
    return ObservationWindow(window)
  }

  /// The steps of one observation.
  private func values(_ value: Any, _ name: String) throws -> [ObservationValue] {
    let isImage = policy.checkpoint.normalizer.images.contains { $0.name == name }
    let steps = value as? [Any] ?? []
    let rows = steps.compactMap { isImage ? image($0) : ($0 as? [NSNumber]).map(numbers) }
    guard value is [Any], rows.count == steps.count else {
      throw malformed(
        "observations.\(name)",
        isImage
          ? "must be a list of images, oldest first: rows of pixels of bytes, 0…255, or flat"
          : "must be a list of lists of numbers, oldest first")
    }
    guard (1...policy.observationHorizon).contains(rows.count) else {
      throw malformed(
        "observations.\(name)",
        "has \(rows.count) steps, but must have 1…\(policy.observationHorizon)")
    }
    return rows
  }

  private func numbers(_ values: [NSNumber]) -> ObservationValue {
    .float32(values.map(\.floatValue))
  }

  /// The bytes of an image, however deep its lists are; nil for anything but bytes.
  private func image(_ value: Any) -> ObservationValue? {
    var bytes: [UInt8] = []
    func append(_ value: Any) -> Bool {
      if let list = value as? [Any] { return list.allSatisfy(append) }
      guard let byte = (value as? NSNumber).flatMap({ UInt8(exactly: $0) }) else { return false }
      bytes.append(byte)
      return true
    }
    return value is [Any] && append(value) ? .uint8(bytes) : nil
  }

  private func malformed(_ field: String, _ reason: String) -> ImitationError {
    .malformedWindow(reason: "'\(field)' \(reason)")
  }
}
