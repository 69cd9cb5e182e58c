/// The size of the images of one observation space.
public struct ImageFormat: Codable, Sendable, Hashable {
  /// The space's name.
  public let name: String
  /// Rows of pixels, pixels of a row, and bytes of a pixel.
  public let height, width, channels: Int

  /// Creates a format.
  public init(name: String, height: Int, width: Int, channels: Int = 3) {
    self.name = name
    self.height = height
    self.width = width
    self.channels = channels
  }

  /// The format of a file's images; grey ones may have no dimension for channels.
  ///
  /// - Throws: ``WindowError/noImage(file:observation:shape:)``.
  package init(name: String, shape: [Int], file: String) throws(WindowError) {
    guard (2...3).contains(shape.count) else {
      throw .noImage(file: file, observation: name, shape: shape)
    }
    self.init(
      name: name, height: shape[0], width: shape[1], channels: shape.count == 3 ? shape[2] : 1)
  }

  /// The number of bytes.
  public var count: Int { height * width * channels }

  /// Height × width × channels, in words.
  public var size: String { "\(height)×\(width)×\(channels)" }

  /// Scales bytes from 0…255 to [−1, 1] and moves the picture by whole pixels, down and across;
  /// its edges are repeated.
  package func normalise(
    _ bytes: UnsafePointer<UInt8>, shiftedBy shift: SIMD2<Int>,
    into pixels: UnsafeMutablePointer<Float>
  ) {
    guard shift != .zero else { return Self.normalise(bytes, into: pixels, count: count) }
    var next = 0
    for row in 0..<height {
      let start = min(max(row - shift[0], 0), height - 1) * width
      for column in 0..<width {
        let from = (start + min(max(column - shift[1], 0), width - 1)) * channels
        for channel in 0..<channels {
          pixels[next] = Float(bytes[from + channel]) * (2 / 255) - 1
          next += 1
        }
      }
    }
  }

  /// Scales `count` bytes from 0…255 to [−1, 1].
  static func normalise(
    _ bytes: UnsafePointer<UInt8>, into pixels: UnsafeMutablePointer<Float>, count: Int
  ) {
    for index in 0..<count { pixels[index] = Float(bytes[index]) * (2 / 255) - 1 }
  }
}
