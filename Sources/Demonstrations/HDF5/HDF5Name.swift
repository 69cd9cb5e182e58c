import Foundation

/// Names in HDF5 files, which are bytes, as texts that no two different names share.
///
/// Readable UTF-8 stands as it is. What a terminal or a reader would mistake is written `\xE9`,
/// byte by byte: bytes that are no UTF-8, control characters, characters that are not composed as
/// usual (which Swift would compare equal to those that are), and a backslash before an `x`.
package enum HDF5Name {
  /// The text of a name.
  package static func text(_ name: [UInt8]) -> String {
    guard let text = String(validating: name, as: UTF8.self) else {
      return escaped(name) { $0 >= 0x80 || isControl(Unicode.Scalar($0)) }
    }
    if name.allSatisfy({ (0x20..<0x7f).contains($0) && $0 != backslash }) { return text }
    guard Array(text.precomposedStringWithCanonicalMapping.utf8) == name else {
      return escaped(name) { $0 >= 0x80 || isControl(Unicode.Scalar($0)) }
    }
    var result = ""
    var scalars = Array(text.unicodeScalars)[...]
    while let scalar = scalars.popFirst() {
      if isControl(scalar) || scalar == "\\" && scalars.first == "x" {
        result += escaped(Array(String(scalar).utf8)) { _ in true }
      } else {
        result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// The bytes of a name from its text, or from what somebody typed.
  package static func bytes(of text: String) -> [UInt8] {
    let written = Array(text.utf8)
    var bytes: [UInt8] = []
    var index = 0
    while index < written.count {
      if written[index] == backslash, index + 3 < written.count, written[index + 1] == 0x78,
        let byte = UInt8(String(decoding: written[index + 2...index + 3], as: UTF8.self), radix: 16)
      {
        bytes.append(byte)
        index += 4
      } else {
        bytes.append(written[index])
        index += 1
      }
    }
    return bytes
  }

  /// What somebody typed as the text that the name has here.
  package static func canonical(_ typed: String) -> String { text(bytes(of: typed)) }

  /// Calls `body` with a name as the library takes it.
  static func withPointer<R>(_ text: String, _ body: (UnsafePointer<CChar>) throws -> R) rethrows
    -> R
  {
    // A name without a backslash is its own bytes.
    if !text.utf8.contains(backslash) { return try text.withCString(body) }
    let bytes = bytes(of: text).map { CChar(bitPattern: $0) } + [0]
    return try bytes.withUnsafeBufferPointer { buffer in
      guard let start = buffer.baseAddress else { return try "".withCString(body) }
      return try body(start)
    }
  }

  private static let backslash = UInt8(ascii: "\\")

  /// What moves a terminal's cursor, ends a line or turns the direction of writing.
  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x20, 0x7f..<0xa0, 0x200e, 0x200f, 0x2028...0x202e, 0x2066...0x2069: true
    default: false
    }
  }

  private static func escaped(_ bytes: [UInt8], where isEscaped: (UInt8) -> Bool) -> String {
    var result = ""
    for (index, byte) in bytes.enumerated() {
      let isEscape = byte == backslash && index + 1 < bytes.count && bytes[index + 1] == 0x78
      if isEscaped(byte) || isEscape {
        let digits = String(byte, radix: 16, uppercase: true)
        result += "\\x" + (digits.count < 2 ? "0" : "") + digits
      } else {
        result.unicodeScalars.append(Unicode.Scalar(byte))
      }
    }
    return result
  }
}
