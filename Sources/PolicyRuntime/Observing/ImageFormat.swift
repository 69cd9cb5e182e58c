/// The size of the images of one observation space.
public struct ImageFormat: Codable, Sendable, Hashable {
  /// The space's name.
  public let name: String
  /// Rows of pixels, pixels of a row, and bytes of a pixel, as networks see them.
  public let height, width, channels: Int
  /// Height and width as recorded and as given, where pictures are brought to another size; nil
  /// where they are not.
  public let recorded: [Int]?

  /// Creates a format.
  public init(
    name: String, height: Int, width: Int, channels: Int = 3, recorded: [Int]? = nil
  ) {
    self.name = name
    self.height = height
    self.width = width
    self.channels = channels
    self.recorded = recorded
  }

  /// This format with pictures brought to another size.
  package func resized(to size: ImageSize?) -> ImageFormat {
    guard let size, [size.height, size.width] != [height, width] else { return self }
    return ImageFormat(
      name: name, height: size.height, width: size.width, channels: channels,
      recorded: [height, width])
  }

  /// Height, width and channels as recorded and as given.
  public var recordedShape: [Int] { (recorded ?? [height, width]) + [channels] }

  /// The number of bytes as recorded and as given.
  public var recordedCount: Int { recordedShape.reduce(1, *) }

  /// How recorded pictures become those that networks see; nil where they are the same.
  package var resizing: Resizing? {
    guard let recorded, recorded.count == 2 else { return nil }
    return Resizing(
      from: ImageSize(height: recorded[0], width: recorded[1]),
      to: ImageSize(height: height, width: width), channels: channels)
  }

  /// The recorded size, and the one that it is brought to, in words.
  public var words: String {
    recorded == nil
      ? size : "\(recordedShape.map(String.init).joined(separator: "×")), brought to \(size)"
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

  /// Brings a recorded picture to the size that networks see and scales its bytes to [−1, 1].
  func write(
    _ bytes: UnsafeBufferPointer<UInt8>, into pixels: UnsafeMutableBufferPointer<Float>
  ) {
    func scale(_ bytes: UnsafeBufferPointer<UInt8>) {
      guard let start = pixels.baseAddress, let bytes = bytes.baseAddress else { return }
      Self.normalise(bytes, into: start, count: min(count, pixels.count))
    }
    guard let resizing else { return scale(bytes) }
    resizing(bytes).withUnsafeBufferPointer(scale)
  }

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
