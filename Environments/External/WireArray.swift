import EnvironmentInterface
import Foundation

/// Numbers as they travel between processes: name, element type, shape and little-endian bytes.
struct WireArray: Sendable {
  /// How an element is written.
  enum ElementType: String, Codable, Sendable {
    case float32, float64, uint8

    var size: Int {
      switch self {
      case .float32: 4
      case .float64: 8
      case .uint8: 1
      }
    }
  }

  /// What a message's header says of an array.
  struct Heading: Codable, Sendable {
    var name: String
    var type: ElementType
    var shape: [Int]

    /// How many bytes the array has; nil for a shape that nothing can have.
    var size: Int? {
      var product = type.size
      for side in shape {
        let (next, overflow) = product.multipliedReportingOverflow(by: side)
        guard side >= 0, !overflow else { return nil }
        product = next
      }
      return product
    }
  }

  var heading: Heading
  var bytes: Data

  /// How many rows there are: the first dimension.
  var rows: Int { heading.shape.first ?? 1 }

  /// An array of 32-bit numbers.
  init(_ name: String, shape: [Int], _ values: [Float]) {
    heading = Heading(name: name, type: .float32, shape: shape)
    bytes = values.withUnsafeBytes { Data($0) }
  }

  /// An array of bytes.
  init(_ name: String, shape: [Int], bytes: Data) {
    heading = Heading(name: name, type: .uint8, shape: shape)
    self.bytes = bytes
  }

  init(_ heading: Heading, bytes: Data) {
    self.heading = heading
    self.bytes = bytes
  }

  /// The numbers of one row as 32-bit numbers; nil for a row that is not there.
  func row(_ index: Int) -> [Float]? { range(ofRow: index).map(values) }

  /// The numbers of rows of one as 32-bit numbers; nil unless there are so many.
  func values(ofRows count: Int) -> [Float]? {
    let all = values(0..<bytes.count)
    return rows == count && all.count == count ? all : nil
  }

  /// Some bytes' numbers as 32-bit numbers.
  private func values(_ range: Range<Int>) -> [Float] {
    bytes.withUnsafeBytes { raw in
      let part = UnsafeRawBufferPointer(rebasing: raw[range])
      switch heading.type {
      case .float32: return read(part) { (value: UInt32) in Float(bitPattern: value) }
      case .float64: return read(part) { (value: UInt64) in Float(Double(bitPattern: value)) }
      case .uint8: return part.map { Float($0) }
      }
    }
  }

  /// One row as an observation of a space; nil where type or number of elements are not its own.
  func value(ofRow index: Int, in space: Space) -> ObservationValue? {
    guard let range = range(ofRow: index) else { return nil }
    switch space.elementType {
    case .uint8:
      guard heading.type == .uint8, range.count == space.count else { return nil }
      let first = bytes.startIndex + range.lowerBound
      return .uint8([UInt8](bytes[first..<first + range.count]))
    case .float32:
      guard let values = row(index), values.count == space.count else { return nil }
      return .float32(values)
    }
  }

  private func range(ofRow index: Int) -> Range<Int>? {
    guard index >= 0, index < rows, rows > 0 else { return nil }
    let size = bytes.count / rows
    return index * size..<(index + 1) * size
  }

  private func read<Word: FixedWidthInteger>(
    _ row: UnsafeRawBufferPointer, _ value: (Word) -> Float
  ) -> [Float] {
    stride(from: 0, to: row.count, by: MemoryLayout<Word>.size).map {
      value(Word(littleEndian: row.loadUnaligned(fromByteOffset: $0, as: Word.self)))
    }
  }
}
