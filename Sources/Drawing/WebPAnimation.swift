import CWebP
public import Foundation

/// Pictures of one size, one after another, as an animated WebP file.
///
/// Areas of one colour keep it exactly, soft edges are rounded to a few shades; each frame is kept
/// as what differs from the one before, and one that does not differ only prolongs it. The same
/// pictures give the same bytes. One thread uses an animation at a time.
public final class WebPAnimation {
  /// How hard the compressor tries, 0…9: at 2 a frame of 600 × 600 pixels takes about 20 ms.
  private static let effort: Int32 = 3
  /// How exact the shades of soft edges are, 0…100: 40 rounds them to 5 bits, and halves the file.
  private static let edgeQuality: Int32 = 40

  /// The size in pixels.
  public let width, height: Int
  /// How long it plays, in milliseconds.
  public private(set) var milliseconds = 0
  private let encoder: OpaquePointer
  private var settings: WebPConfig

  /// Begins an animation that plays again and again.
  ///
  /// - Throws: ``DrawingError`` for a size that WebP cannot have (sides of 1…16,383 pixels), or
  ///   when memory runs out.
  public init(width: Int, height: Int) throws(DrawingError) {
    let sides = 1...Int(WEBP_MAX_DIMENSION)
    guard sides.contains(width), sides.contains(height) else {
      throw .badSize(width: width, height: height)
    }
    var options = WebPAnimEncoderOptions()
    settings = WebPConfig()
    guard WebPAnimEncoderOptionsInit(&options) != 0, WebPConfigInit(&settings) != 0,
      WebPConfigLosslessPreset(&settings, Self.effort) != 0
    else { throw .webp(reason: "the library is of another version than its headers") }
    settings.near_lossless = Self.edgeQuality
    // Whole pictures in between would help to seek, which nobody does in a short film.
    options.kmax = 0
    guard let encoder = WebPAnimEncoderNew(Int32(width), Int32(height), &options) else {
      throw .webp(reason: "no memory for the first picture")
    }
    self.encoder = encoder
    self.width = width
    self.height = height
  }

  deinit { WebPAnimEncoderDelete(encoder) }

  /// Adds a picture.
  ///
  /// - Parameters:
  ///   - canvas: The picture, of the animation's size.
  ///   - duration: How long it is shown, in milliseconds; at least 1.
  /// - Throws: ``DrawingError``.
  public func append(_ canvas: Canvas, milliseconds duration: Int) throws(DrawingError) {
    guard canvas.width == width, canvas.height == height else {
      throw .badSize(width: canvas.width, height: canvas.height)
    }
    var picture = WebPPicture()
    guard WebPPictureInit(&picture) != 0 else {
      throw .webp(reason: "the library is of another version than its headers")
    }
    defer { WebPPictureFree(&picture) }
    picture.use_argb = 1
    picture.width = Int32(width)
    picture.height = Int32(height)
    guard WebPPictureImportRGB(&picture, canvas.rgb, Int32(3 * width)) != 0 else {
      throw .webp(reason: "no memory for a picture")
    }
    guard WebPAnimEncoderAdd(encoder, &picture, Int32(clamping: milliseconds), &settings) != 0
    else { throw failure }
    milliseconds += max(1, duration)
  }

  /// The animation as the bytes of a WebP file; nothing can be added after that.
  ///
  /// - Throws: ``DrawingError/webp(reason:)`` where no picture was added, or when memory runs out.
  public func data() throws(DrawingError) -> Data {
    var bytes = WebPData()
    WebPDataInit(&bytes)
    defer { WebPDataClear(&bytes) }
    guard WebPAnimEncoderAdd(encoder, nil, Int32(clamping: milliseconds), nil) != 0,
      WebPAnimEncoderAssemble(encoder, &bytes) != 0, let start = bytes.bytes
    else { throw failure }
    return Data(bytes: start, count: bytes.size)
  }

  private var failure: DrawingError {
    .webp(reason: WebPAnimEncoderGetError(encoder).map { String(cString: $0) } ?? "no reason given")
  }
}
