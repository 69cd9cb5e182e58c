public import Foundation

/// The contents of a safetensors file: named 32-bit tensors and a dictionary of texts.
///
/// The format: a little-endian 64-bit length, a JSON header of that length that gives dtype, shape
/// and byte range of each tensor, then the bytes. https://github.com/huggingface/safetensors
public struct Safetensors: Sendable, Hashable {
  /// The tensors by name.
  public var tensors: [String: Tensor]
  /// The texts of `__metadata__`.
  public var metadata: [String: String]

  /// Creates contents.
  public init(tensors: [String: Tensor], metadata: [String: String] = [:]) {
    self.tensors = tensors
    self.metadata = metadata
  }

  /// The largest header that the format allows, in bytes.
  public static let largestHeader = 100_000_000

  // MARK: Writing

  private struct Entry: Codable {
    var dtype: String
    var shape: [Int]
    var data_offsets: [Int]
  }

  /// The bytes of the file; the same contents give the same bytes.
  ///
  /// - Throws: An encoding error; none for contents made by this type's initialiser.
  public func encoded() throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    var fields: [String] = []
    if !metadata.isEmpty {
      fields.append(
        "\"__metadata__\":" + String(decoding: try encoder.encode(metadata), as: UTF8.self))
    }
    let names = tensors.keys.sorted()
    var body = Data()
    for name in names {
      guard let tensor = tensors[name] else { continue }
      let start = body.count
      tensor.elements.withUnsafeBytes { body.append(contentsOf: $0) }
      let entry = Entry(dtype: "F32", shape: tensor.shape, data_offsets: [start, body.count])
      let key = String(decoding: try encoder.encode(name), as: UTF8.self)
      fields.append(key + ":" + String(decoding: try encoder.encode(entry), as: UTF8.self))
    }
    var header = Data(("{" + fields.joined(separator: ",") + "}").utf8)
    // The tensors start at a multiple of 8 bytes.
    header.append(contentsOf: repeatElement(UInt8(ascii: " "), count: (8 - header.count % 8) % 8))
    var file = Data()
    withUnsafeBytes(of: UInt64(header.count).littleEndian) { file.append(contentsOf: $0) }
    file.append(header)
    file.append(body)
    return file
  }

  /// Writes the file.
  ///
  /// - Throws: ``NeuralError/unreadableFile(path:reason:)`` where that fails.
  public func write(to path: String) throws {
    do {
      try encoded().write(to: URL(fileURLWithPath: path))
    } catch {
      throw NeuralError.unreadableFile(path: path, reason: "cannot write: \(reason(error))")
    }
  }

  // MARK: Reading

  /// Reads a file; tensors of 64-bit and 16-bit floats are converted.
  ///
  /// - Throws: ``NeuralError`` where the file is missing, cut short or malformed, or holds tensors
  ///   that are not floats.
  public init(contentsOf path: String) throws {
    let file: Data
    do {
      file = try Data(contentsOf: URL(fileURLWithPath: path))
    } catch {
      throw NeuralError.unreadableFile(path: path, reason: "cannot read: \(reason(error))")
    }
    try self.init(decoding: file, path: path)
  }

  /// Decodes the bytes of a file; `path` is for errors.
  ///
  /// - Parameters:
  ///   - file: The bytes.
  ///   - path: The file's path, for errors.
  ///   - largestHeader: The bytes that its header may take; a table's
  ///     ``ParameterTable/largestHeader(times:)`` where it is known what the file must hold.
  /// - Throws: ``NeuralError/malformedFile(path:reason:)``, also where tensors overlap, a name
  ///   stands twice, or bytes belong to no tensor.
  public init(
    decoding file: Data, path: String, largestHeader: Int = Safetensors.largestHeader
  ) throws {
    func malformed(_ reason: String) -> NeuralError { .malformedFile(path: path, reason: reason) }
    guard file.count >= 8 else { throw malformed("it has \(file.count) bytes") }
    let length = file.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard length <= UInt64(max(0, file.count - 8)) else {
      throw malformed("its header should have \(length) bytes, the file has \(file.count)")
    }
    guard length <= UInt64(largestHeader) else {
      throw malformed("its header has \(length) bytes; at most \(largestHeader) can be needed")
    }
    let body = file.dropFirst(8 + Int(length))
    let json = try? JSONSerialization.jsonObject(with: file.dropFirst(8).prefix(Int(length)))
    guard let header = json as? [String: Any] else {
      throw malformed("its header is not a JSON object")
    }
    // A name that stands twice has one entry in the object, but two in the text.
    let entries = header.keys.filter { $0 != "__metadata__" }.count
    guard file.dropFirst(8).prefix(Int(length)).count(of: "\"data_offsets\"") == entries else {
      throw malformed("a tensor stands in its header twice")
    }
    var ranges: [(range: [Int], name: String)] = []
    tensors = [:]
    metadata = header["__metadata__"] as? [String: String] ?? [:]
    for (name, value) in header where name != "__metadata__" {
      guard let entry = value as? [String: Any], let dtype = entry["dtype"] as? String,
        let shape = entry["shape"] as? [Int], let range = entry["data_offsets"] as? [Int],
        range.count == 2, shape.allSatisfy({ $0 >= 0 })
      else { throw malformed("the entry of '\(name)' is incomplete") }
      guard let format = ElementFormat(rawValue: dtype) else {
        throw malformed("tensor '\(name)' is of type \(dtype); F32, F64 and F16 can be read")
      }
      guard 0 <= range[0], range[0] <= range[1], range[1] <= body.count,
        range[1] - range[0] == Self.product(shape + [format.bytes])
      else {
        throw malformed("tensor '\(name)' lies outside the file (\(range) of \(body.count) bytes)")
      }
      ranges.append((range, name))
      let part = body.dropFirst(range[0]).prefix(range[1] - range[0])
      tensors[name] = Tensor(shape: shape, elements: format.floats(part))
    }
    var end = 0
    for (range, name) in ranges.sorted(by: {
      ($0.range[0], $0.range[1]) < ($1.range[0], $1.range[1])
    }) {
      guard range[0] == end else {
        throw malformed(
          "tensor '\(name)' \(range[0] < end ? "overlaps another" : "leaves bytes before it unused")"
        )
      }
      end = range[1]
    }
    guard end == body.count else {
      throw malformed("\(body.count - end) bytes at its end belong to no tensor")
    }
  }
}

extension Data {
  /// How often a text stands in the bytes.
  fileprivate func count(of text: String) -> Int {
    let pattern = Data(text.utf8)
    var count = 0
    var rest = self[...]
    while let found = rest.range(of: pattern) {
      count += 1
      rest = rest[found.upperBound...]
    }
    return count
  }
}

extension Safetensors {
  /// The product of lengths, or nil where no file could be as long.
  private static func product(_ lengths: [Int]) -> Int? {
    var product = 1
    for length in lengths {
      let (next, overflows) = product.multipliedReportingOverflow(by: length)
      if overflows { return nil }
      product = next
    }
    return product
  }
}

/// The element types that can be read.
private enum ElementFormat: String {
  case float32 = "F32"
  case float64 = "F64"
  case float16 = "F16"

  var bytes: Int {
    switch self {
    case .float16: 2
    case .float32: 4
    case .float64: 8
    }
  }

  func floats(_ data: Data) -> [Float] {
    let count = data.count / bytes
    // Copied first: the elements of a file need not be aligned.
    func elements<Element>(_ zero: Element) -> [Element] {
      var values = Array(repeating: zero, count: count)
      values.withUnsafeMutableBytes { _ = data.copyBytes(to: $0) }
      return values
    }
    switch self {
    case .float32: return elements(Float(0))
    case .float64: return elements(Double(0)).map { Float($0) }
    case .float16: return elements(Float16(0)).map { Float($0) }
    }
  }
}

private func reason(_ error: any Error) -> String {
  let underlying = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
  return (underlying ?? error as NSError).localizedDescription
}
