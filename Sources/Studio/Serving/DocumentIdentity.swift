package import Foundation

/// What a client calls a document, found without reading all of it as JSON.
package enum DocumentIdentity {
  /// No name is longer.
  private static let longest = 256

  /// The value of a document's own `id`, as JSON.
  ///
  /// - Parameter document: A JSON document; nothing is said about the rest of it.
  /// - Returns: A number or a text as it is written; nil if there is none.
  package static func of(_ document: Data) -> String? {
    document.withUnsafeBytes { bytes in
      var (depth, index) = (0, 0)
      while index < bytes.count {
        switch bytes[index] {
        case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
        case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
        case UInt8(ascii: "\""):
          let end = endOfText(bytes, from: index)
          let isName = bytes[index..<end].elementsEqual("\"id\"".utf8)
          index = end
          if isName, depth == 1, let value = value(bytes, after: end) { return value }
          continue
        default: break
        }
        index += 1
      }
      return nil
    }
  }

  private static func endOfText(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
    var index = start + 1
    while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
      index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1
    }
    return min(index + 1, bytes.count)
  }

  /// The number or text after a colon; nil where there is no colon.
  private static func value(_ bytes: UnsafeRawBufferPointer, after name: Int) -> String? {
    func isBlank(_ byte: UInt8) -> Bool { [0x20, 0x09, 0x0a, 0x0d].contains(byte) }
    var start = name
    while start < bytes.count, isBlank(bytes[start]) { start += 1 }
    guard start < bytes.count, bytes[start] == UInt8(ascii: ":") else { return nil }
    start += 1
    while start < bytes.count, isBlank(bytes[start]) { start += 1 }
    guard start < bytes.count else { return nil }
    var end = start
    if bytes[start] == UInt8(ascii: "\"") {
      end = endOfText(bytes, from: start)
    } else {
      while end < bytes.count, !isBlank(bytes[end]), !",}".utf8.contains(bytes[end]) { end += 1 }
    }
    guard end - start <= longest else { return nil }
    let text = Data(bytes[start..<end])
    guard let value = try? JSONSerialization.jsonObject(with: text, options: .fragmentsAllowed),
      value is NSNumber || value is String
    else { return nil }
    return String(decoding: text, as: UTF8.self)
  }
}
