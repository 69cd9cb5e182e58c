public import Foundation

extension Scene {
  /// A picture of pixels, as a simulator elsewhere draws it.
  public struct Picture: Sendable, Hashable {
    /// The size in pixels, each at least 1.
    public let width, height: Int
    /// height × width × 3 bytes of red, green and blue, the uppermost row first.
    public let bytes: Data

    /// Creates a picture; nil unless there are as many bytes as the size needs.
    public init?(width: Int, height: Int, bytes: Data) {
      guard width > 0, height > 0, width <= 1 << 15, height <= 1 << 15,
        bytes.count == width * height * 3
      else { return nil }
      self.width = width
      self.height = height
      self.bytes = bytes
    }
  }

  /// A scene that shows one picture, a unit a pixel, y downwards.
  public init(showing picture: Picture) {
    let high = Point(Double(picture.width), Double(picture.height))
    self.init(
      from: Point(0, 0), to: high, yDown: true, background: Color(1, 1, 1),
      shapes: [Shape(.picture(picture, from: Point(0, 0), to: high))])
  }
}

extension Scene.Picture: Codable {
  private enum CodingKeys: String, CodingKey { case width, height, bytes }

  /// Reads a picture.
  ///
  /// - Parameter decoder: Where its size and its bytes, in base64, stand.
  /// - Throws: `DecodingError`, also for bytes that are not as many as the size needs.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let width = try container.decode(Int.self, forKey: .width)
    let height = try container.decode(Int.self, forKey: .height)
    let bytes = try container.decode(Data.self, forKey: .bytes)
    guard let picture = Scene.Picture(width: width, height: height, bytes: bytes) else {
      throw DecodingError.dataCorruptedError(
        forKey: .bytes, in: container,
        debugDescription: "\(bytes.count) bytes are no picture of \(width) × \(height)")
    }
    self = picture
  }
}
