import EnvironmentInterface
public import Foundation

/// The documents in which decisions are asked for and answered; ``DecisionService`` describes them.
///
/// A value that knows no policy, only what it looks at: documents are read and written on any
/// thread while the policy decides on its own.
public struct DecisionFormat: Sendable {
  private let normalizer: Normalizer
  private let horizon: Int
  let decodePicture: PictureDecoder?

  /// The documents of one policy.
  ///
  /// - Parameters:
  ///   - policy: The policy.
  ///   - decodePicture: Reads PNG and JPEG files; nil where clients give numbers or raw bytes only.
  public init(_ policy: Policy, decodingPictures decodePicture: PictureDecoder? = nil) {
    self.init(EstimatingAgent(policy), decodingPictures: decodePicture)
  }

  /// The documents of a policy that estimators tell what clients do not.
  ///
  /// - Parameters:
  ///   - agent: The policy and its estimators.
  ///   - decodePicture: Reads PNG and JPEG files; nil where clients give numbers or raw bytes only.
  public init(_ agent: EstimatingAgent, decodingPictures decodePicture: PictureDecoder? = nil) {
    self.decodePicture = decodePicture
    normalizer = agent.normalizer
    horizon = agent.observationHorizon
  }

  // MARK: Reading

  /// Reads a document.
  ///
  /// - Parameter document: The JSON document.
  /// - Returns: A request that the policy can decide on.
  /// - Throws: ``MalformedRequest`` that names the field.
  public func request(_ document: Data) throws(MalformedRequest) -> DecisionRequest {
    guard let fields = Self.object(document) else {
      throw MalformedRequest(id: nil, description: "this is not a JSON object")
    }
    let id = fields["id"].flatMap(Self.json)
    do {
      let window = try window(fields)
      return DecisionRequest(id: id, window: window, seed: try seed(fields))
    } catch {
      throw MalformedRequest(id: id, description: "\(error)")
    }
  }

  /// The fields of a document, in which Python's `NaN`, `Infinity` and `-Infinity` are numbers.
  static func object(_ document: Data) -> [String: Any]? {
    func parsed(_ data: Data) -> [String: Any]? {
      try? JSONSerialization.jsonObject(with: data) as? [String: Any]
    }
    return parsed(document) ?? NotANumber.spelled(document).flatMap(parsed)
  }

  private func seed(_ request: [String: Any]) throws -> UInt64? {
    guard let value = request["seed"] else { return nil }
    guard let number = value as? NSNumber, !number.isTruth, let seed = UInt64(exactly: number)
    else { throw malformed("seed", "must be a whole number, not negative") }
    return seed
  }

  private func window(_ request: [String: Any]) throws -> ObservationWindow {
    for key in request.keys.sorted() where !["id", "observations", "seed"].contains(key) {
      throw malformed(key, "is not a field; known: id, observations, seed")
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
          "observations.\(name)",
          "has \(rows.count) steps, but another observation has \(window.count)")
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
    let field = "observations.\(name)"
    guard let steps = value as? [Any] else {
      throw malformed(field, Self.form(isImage: format != nil))
    }
    guard (1...horizon).contains(steps.count) else {
      throw malformed(field, "has \(steps.count) steps, but must have 1…\(horizon)")
    }
    return try steps.map { step in
      if let format, let picture = try encodedPicture(step, of: format, field) { return picture }
      let numbers = try nested(step, field, isImage: format != nil)
      if let format { return try picture(numbers, of: format, field) }
      if let shape = normalizer.observations.first(where: { $0.name == name })?.shape {
        guard numbers.shape.count == 1 || numbers.shape == shape else {
          throw malformed(
            field,
            "has the shape \(Self.words(numbers.shape)), but \(Self.words(shape)) was recorded;"
              + " give that, or a flat list")
        }
      } else if numbers.shape.count != 1 {
        throw malformed(field, Self.form(isImage: false))
      }
      return .float64(numbers.values)
    }
  }

  private func picture(
    _ numbers: (shape: [Int], values: [Double]), of format: ImageFormat, _ field: String
  ) throws -> ObservationValue {
    let recorded = format.recordedShape
    var shapes = [recorded]
    if format.channels == 1 {
      shapes.append(format.recorded ?? [format.kept.height, format.kept.width])
    }
    guard numbers.shape.count == 1 || shapes.contains(numbers.shape) else {
      let order = format.form?.channelsFirst == true ? "channels, rows" : "rows, pixels, channels"
      throw malformed(
        field,
        "has images of the shape \(Self.words(numbers.shape)), but \(Self.words(recorded)) was recorded"
          + " (\(order)); give that, or a flat list")
    }
    guard format.form?.white == nil else {
      _ = try format.kept(.float64(numbers.values))
      return .float64(numbers.values)
    }
    let bytes = try numbers.values.map { value in
      guard let byte = UInt8(exactly: value) else {
        throw malformed(field, Self.form(isImage: true))
      }
      return byte
    }
    guard bytes.count == format.recordedCount else {
      throw WindowError.wrongLength(
        name: "image '\(format.name)'", actual: bytes.count, expected: format.recordedCount)
    }
    return .uint8(bytes)
  }

  private static func form(isImage: Bool) -> String {
    isImage
      ? "must be a list of images, oldest first: rows of pixels of bytes, 0…255, or flat; or a PNG"
        + " or JPEG file in base64; or {\"raw\": bytes in base64}"
      : "must be a list of lists of numbers, oldest first"
  }

  /// The numbers of lists in lists, and the shape that these have.
  private func nested(
    _ value: Any, _ field: String, isImage: Bool
  ) throws -> (shape: [Int], values: [Double]) {
    let kind = Self.form(isImage: isImage)
    guard let list = value as? [Any] else { throw malformed(field, kind) }
    if let numbers = list as? [NSNumber] {
      guard !numbers.contains(where: \.isTruth) else { throw malformed(field, kind) }
      return ([numbers.count], numbers.map(\.doubleValue))
    }
    if let bad = list.first(where: { $0 is String }) as? String, NotANumber.isSpelling(bad) {
      throw malformed(field, "holds \(bad.dropFirst()); all values must be finite numbers")
    }
    let parts = try list.map { try nested($0, field, isImage: isImage) }
    guard let first = parts.first, parts.allSatisfy({ $0.shape == first.shape }) else {
      throw malformed(field, "has lists of different lengths, which have no shape")
    }
    return ([parts.count] + first.shape, parts.flatMap(\.values))
  }

  func malformed(_ field: String, _ reason: String) -> ImitationError {
    .malformedWindow(reason: "'\(field)' \(reason)")
  }

  // MARK: Writing

  /// The document of an answer.
  ///
  /// - Parameters:
  ///   - actions: The actions to execute, h × the values of an action.
  ///   - id: What the client calls the decision, as JSON.
  /// - Returns: The JSON document, keys in order, without a newline; each number has the fewest
  ///   digits that name it among those of 32 bits, and where actions are scaled in 64 bits among
  ///   those.
  public func answer(_ actions: [[Double]], id: String?) -> Data {
    let isFloat = normalizer.action.arithmetic == .float
    var text = "{\"actions\":["
    for (step, action) in actions.enumerated() {
      text += step == 0 ? "[" : ",["
      for (index, value) in action.enumerated() {
        if index > 0 { text += "," }
        let float = Float(value)
        text += isFloat || Double(float) == value ? float.description : value.description
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

  static func json(_ value: Any) -> String? {
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

/// Numbers that JSON has no words for and Python's `json` writes nevertheless.
private enum NotANumber {
  private static let words = ["NaN", "Infinity", "-Infinity"]
  /// What stands before them in the texts that they become, which no text of a client has.
  private static let mark: Character = "\u{FFFF}"

  /// Whether a text was one of them.
  static func isSpelling(_ text: String) -> Bool { text.first == mark }

  /// The document with such numbers as texts; nil where there are none.
  static func spelled(_ document: Data) -> Data? {
    let bytes = Array(document)
    var result = Data()
    var (index, isInText, found) = (0, false, false)
    while index < bytes.count {
      let byte = bytes[index]
      if !isInText, let word = words.first(where: { bytes[index...].starts(with: $0.utf8) }) {
        result.append(contentsOf: Array("\"\(mark)\(word)\"".utf8))
        index += word.utf8.count
        found = true
        continue
      }
      if !isInText, let length = lengthOfInfinity(bytes[index...]) {
        result.append(contentsOf: Array("\"\(mark)Infinity\"".utf8))
        index += length
        found = true
        continue
      }
      if byte == UInt8(ascii: "\"") { isInText.toggle() }
      if isInText, byte == UInt8(ascii: "\\"), index + 1 < bytes.count {
        result.append(byte)
        index += 1
      }
      result.append(bytes[index])
      index += 1
    }
    return found ? result : nil
  }

  /// The length of a number that begins here and is beyond 64 bits; nil for anything else.
  private static func lengthOfInfinity(_ bytes: ArraySlice<UInt8>) -> Int? {
    guard let first = bytes.first, first == UInt8(ascii: "-") || isDigit(first) else { return nil }
    let number = bytes.prefix(while: isPart)
    guard let value = Double(String(decoding: number, as: UTF8.self)), value.isInfinite else {
      return nil
    }
    return number.count
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

  private static func isPart(_ byte: UInt8) -> Bool {
    isDigit(byte) || Array("+-.eE".utf8).contains(byte)
  }
}
