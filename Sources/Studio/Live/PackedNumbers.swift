import Foundation

/// An array of numbers as a page reads it fast: its shape, and little-endian 32-bit floats in base
/// 64.
struct PackedNumbers: Encodable {
  private let shape: [Int]
  private let data: String

  /// Packs numbers, row-major.
  init(_ values: [Float], shape: [Int]) {
    self.shape = shape
    var bytes = Data(capacity: values.count * 4)
    for value in values {
      withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
    }
    data = bytes.base64EncodedString()
  }
}
