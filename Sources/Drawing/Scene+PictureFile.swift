import CCairo
import CJPEG
public import EnvironmentInterface
public import Foundation

extension Scene.Picture {
  /// The longest side of a picture that is read, in pixels.
  static let largestSide = 8192

  /// Reads a PNG or JPEG file.
  ///
  /// - Parameter file: Its bytes.
  /// - Returns: The picture; grey ones have three equal channels.
  /// - Throws: ``DrawingError/unreadable(reason:)`` for another kind of file, a damaged one, one
  ///   that is too large, and one that can be seen through.
  public static func decoded(_ file: Data) throws(DrawingError) -> Scene.Picture {
    if file.starts(with: [0x89, 0x50, 0x4e, 0x47]) { return try png(file) }
    if file.starts(with: [0xff, 0xd8]) { return try jpeg(file) }
    throw .unreadable(reason: "it is neither PNG nor JPEG")
  }

  private static func jpeg(_ file: Data) throws(DrawingError) -> Scene.Picture {
    var (width, height): (Int32, Int32) = (0, 0)
    let status = file.withUnsafeBytes {
      CJPEG_size(&width, &height, $0.bindMemory(to: UInt8.self).baseAddress, $0.count)
    }
    guard status == 0 else { throw .unreadable(reason: "the JPEG file is damaged") }
    try check(Int(width), Int(height))
    var bytes = Data(count: Int(width) * Int(height) * 3)
    let decoded = bytes.withUnsafeMutableBytes { rgb in
      file.withUnsafeBytes { file in
        CJPEG_decode(
          rgb.bindMemory(to: UInt8.self).baseAddress, width, height,
          file.bindMemory(to: UInt8.self).baseAddress, file.count)
      }
    }
    guard decoded == 0,
      let picture = Scene.Picture(width: Int(width), height: Int(height), bytes: bytes)
    else { throw .unreadable(reason: "the JPEG file is damaged") }
    return picture
  }

  private static func check(_ width: Int, _ height: Int) throws(DrawingError) {
    guard (1...largestSide).contains(width), (1...largestSide).contains(height) else {
      throw .badSize(width: width, height: height)
    }
  }

  private static func png(_ file: Data) throws(DrawingError) -> Scene.Picture {
    // The size stands in the first chunk, and is looked at before memory is taken for it.
    guard file.count > 24 else { throw .unreadable(reason: "the PNG file is damaged") }
    func number(_ offset: Int) -> Int {
      file[file.startIndex + offset..<file.startIndex + offset + 4].reduce(0) { $0 << 8 | Int($1) }
    }
    try check(number(16), number(20))
    var rest = file
    let surface = withUnsafeMutablePointer(to: &rest) { rest in
      cairo_image_surface_create_from_png_stream(
        { closure, bytes, count in
          guard let rest = closure?.assumingMemoryBound(to: Data.self), let bytes,
            rest.pointee.count >= Int(count)
          else { return CAIRO_STATUS_READ_ERROR }
          rest.pointee.prefix(Int(count)).copyBytes(to: bytes, count: Int(count))
          rest.pointee = rest.pointee.dropFirst(Int(count))
          return CAIRO_STATUS_SUCCESS
        }, rest)
    }
    defer { cairo_surface_destroy(surface) }
    guard let surface, cairo_surface_status(surface) == CAIRO_STATUS_SUCCESS,
      let data = cairo_image_surface_get_data(surface)
    else { throw .unreadable(reason: "the PNG file is damaged") }
    let format = cairo_image_surface_get_format(surface)
    guard format == CAIRO_FORMAT_RGB24 || format == CAIRO_FORMAT_ARGB32 else {
      throw .unreadable(reason: "the PNG file has other than 8 bits a channel")
    }
    let width = Int(cairo_image_surface_get_width(surface))
    let height = Int(cairo_image_surface_get_height(surface))
    let stride = Int(cairo_image_surface_get_stride(surface))
    var bytes = Data(capacity: width * height * 3)
    for row in 0..<height {
      for column in 0..<width {
        let word = UnsafeRawPointer(data).load(
          fromByteOffset: row * stride + 4 * column, as: UInt32.self)
        guard format == CAIRO_FORMAT_RGB24 || word >> 24 == 255 else {
          throw .unreadable(reason: "the PNG file has transparent pixels")
        }
        bytes.append(UInt8(truncatingIfNeeded: word >> 16))
        bytes.append(UInt8(truncatingIfNeeded: word >> 8))
        bytes.append(UInt8(truncatingIfNeeded: word))
      }
    }
    guard let picture = Scene.Picture(width: width, height: height, bytes: bytes) else {
      throw .unreadable(reason: "the PNG file is damaged")
    }
    return picture
  }
}
