import CCairo
import EnvironmentInterface
import Foundation

extension Scene.Picture {
  /// Lends the picture as a surface of cairo; nothing is done where there is none.
  func withSurface(_ body: (OpaquePointer) -> Void) {
    guard
      let surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, Int32(width), Int32(height)),
      let data = cairo_image_surface_get_data(surface)
    else { return }
    defer { cairo_surface_destroy(surface) }
    let stride = Int(cairo_image_surface_get_stride(surface))
    bytes.withUnsafeBytes { bytes in
      for row in 0..<height {
        let start = UnsafeMutableRawPointer(data) + row * stride
        for column in 0..<width {
          let next = 3 * (row * width + column)
          // RGB24 keeps a pixel in a native-endian word: 0x00RRGGBB.
          let word =
            UInt32(bytes[next]) << 16 | UInt32(bytes[next + 1]) << 8 | UInt32(bytes[next + 2])
          start.storeBytes(of: word, toByteOffset: 4 * column, as: UInt32.self)
        }
      }
    }
    cairo_surface_mark_dirty(surface)
    body(surface)
  }

  /// The picture as the bytes of a PNG file.
  func png() throws(DrawingError) -> Data {
    let canvas = try Canvas(width: width, height: height)
    let corner = Scene.Point(Double(width), Double(height))
    canvas.draw(Scene.Shape(.picture(self, from: Scene.Point(0, 0), to: corner)))
    return try canvas.png()
  }
}
