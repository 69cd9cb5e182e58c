public import Foundation

/// A nested JSON array of numbers, flattened row-major, with its shape; a bare number has shape [].
public struct NestedNumbers: Decodable, Sendable {
  /// The length of each level, outermost first.
  public let shape: [Int]
  /// The numbers, last index fastest.
  public let values: [Double]

  /// Decodes a number or arrays of equal shapes.
  public init(from decoder: any Decoder) throws {
    if let number = try? decoder.singleValueContainer().decode(Double.self) {
      shape = []
      values = [number]
      return
    }
    var container = try decoder.unkeyedContainer()
    var inner: [Int]?
    var rows = 0
    var all: [Double] = []
    while !container.isAtEnd {
      let row = try container.decode(NestedNumbers.self)
      guard inner == nil || inner == row.shape else {
        throw DecodingError.dataCorruptedError(
          in: container, debugDescription: "rows of shapes \(inner ?? []) and \(row.shape)")
      }
      inner = row.shape
      rows += 1
      all += row.values
    }
    shape = [rows] + (inner ?? [])
    values = all
  }

  /// The numbers in single precision.
  public var floats: [Float] { values.map(Float.init) }
}

/// Decodes `Fixtures/<name>.json` of a test target.
///
/// - Parameters:
///   - name: The file's name without its extension.
///   - type: What to decode.
///   - bundle: The test target's `Bundle.module`.
/// - Returns: The decoded value.
/// - Throws: An error that names the file if it is missing or has another layout.
public func fixture<Value: Decodable>(
  _ name: String, as type: Value.Type = Value.self, in bundle: Bundle
) throws -> Value {
  let url = bundle.bundleURL.appendingPathComponent("Fixtures/\(name).json")
  do {
    return try JSONDecoder().decode(type, from: Data(contentsOf: url))
  } catch {
    throw FixtureError(description: "fixture \(url.path): \(error)")
  }
}

/// A fixture that could not be read.
public struct FixtureError: Error, CustomStringConvertible {
  /// The file and what is wrong with it.
  public let description: String
}
