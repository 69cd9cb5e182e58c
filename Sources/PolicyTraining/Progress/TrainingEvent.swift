package import Foundation

/// One entry of a TensorBoard event file: named numbers at a step, or the file's first entry.
///
/// Source: `tensorflow/core/util/event.proto` and `summary.proto` for the message (fields
/// `wall_time` 1, `step` 2, `file_version` 3, `summary` 5; in a summary's `value` 1 the `tag` 1 and
/// the `simple_value` 2); `tensorflow/core/lib/io/record_writer.h` for the frame around it.
package struct TrainingEvent: Sendable, Hashable {
  /// A number with its name.
  package struct Scalar: Sendable, Hashable {
    let tag: String
    let value: Float

    /// Creates a number; TensorBoard groups tags by what stands before the first slash.
    package init(_ tag: String, _ value: Float) {
      self.tag = tag
      self.value = value
    }
  }

  /// Seconds since 1970.
  let wallTime: Double
  /// The number of training steps taken.
  let step: Int
  /// The numbers; none in a file's first entry.
  let scalars: [Scalar]

  /// Creates an entry; one without numbers states the version of the format.
  package init(wallTime: Double, step: Int = 0, scalars: [Scalar] = []) {
    self.wallTime = wallTime
    self.step = step
    self.scalars = scalars
  }

  /// The entry as a protocol buffer.
  package var message: Data {
    var data = Data([0x09])
    data.append(littleEndian: wallTime.bitPattern)
    if step != 0 {
      data.append(0x10)
      data.append(varint: UInt64(bitPattern: Int64(step)))
    }
    guard !scalars.isEmpty else {
      data.append(field: 0x1A, Data("brain.Event:2".utf8))
      return data
    }
    var summary = Data()
    for scalar in scalars {
      var value = Data()
      value.append(field: 0x0A, Data(scalar.tag.utf8))
      value.append(0x15)
      value.append(littleEndian: scalar.value.bitPattern)
      summary.append(field: 0x0A, value)
    }
    data.append(field: 0x2A, summary)
    return data
  }

  /// The entry as it stands in a file: length, checksum, message, checksum.
  package var record: Data {
    let message = message
    var length = Data()
    length.append(littleEndian: UInt64(message.count))
    var data = length
    data.append(littleEndian: CRC32C.masked(length))
    data.append(message)
    data.append(littleEndian: CRC32C.masked(message))
    return data
  }
}

extension Data {
  fileprivate mutating func append(littleEndian value: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
  }

  fileprivate mutating func append(varint value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    append(UInt8(rest))
  }

  /// A field of bytes after its key.
  fileprivate mutating func append(field key: UInt8, _ bytes: Data) {
    append(key)
    append(varint: UInt64(bytes.count))
    append(bytes)
  }
}
