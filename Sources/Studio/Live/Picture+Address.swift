import EnvironmentInterface
import Foundation

extension Scene.Picture {
  /// The picture as an address that holds it, for a page: a bitmap, which needs no library.
  var dataURL: String {
    let rowBytes = (3 * width + 3) / 4 * 4
    var file = Data("BM".utf8)
    func append(_ value: Int, bytes: Int) {
      for place in 0..<bytes { file.append(UInt8(truncatingIfNeeded: value >> (8 * place))) }
    }
    append(54 + rowBytes * height, bytes: 4)
    append(0, bytes: 4)
    append(54, bytes: 4)
    // The header: its size, width, a negative height (the uppermost row first), planes, bits.
    append(40, bytes: 4)
    append(width, bytes: 4)
    append(-height, bytes: 4)
    append(1, bytes: 2)
    append(24, bytes: 2)
    for _ in 0..<6 { append(0, bytes: 4) }
    let padding = Data(count: rowBytes - 3 * width)
    for row in 0..<height {
      let start = bytes.startIndex + 3 * row * width
      for pixel in stride(from: start, to: start + 3 * width, by: 3) {
        file.append(contentsOf: [bytes[pixel + 2], bytes[pixel + 1], bytes[pixel]])
      }
      file.append(padding)
    }
    return "data:image/bmp;base64," + file.base64EncodedString()
  }
}
