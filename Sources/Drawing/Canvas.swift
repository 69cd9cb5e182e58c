import CCairo
import DurableFiles
public import EnvironmentInterface
public import Foundation

/// A picture of pixels to draw on, anti-aliased; positions are in pixels, y grows downwards.
///
/// One thread uses a canvas at a time.
public final class Canvas {
  /// The longest side that a picture may have, in pixels.
  public static let largestSide = 16_384

  /// The size in pixels.
  public let width, height: Int
  /// What was drawn, as shapes, where the canvas keeps it.
  public private(set) var vectors: VectorPicture?
  private let surface: OpaquePointer
  private let context: OpaquePointer

  /// Creates a canvas of one colour.
  ///
  /// - Parameters:
  ///   - width: The number of columns of pixels.
  ///   - height: The number of rows.
  ///   - background: The colour.
  ///   - keepsVectors: Whether what is drawn is also kept as shapes, to be written as SVG.
  /// - Throws: ``DrawingError`` for a size outside 1…``largestSide``, or when memory runs out.
  public init(
    width: Int, height: Int, background: Scene.Color = Scene.Color(1, 1, 1),
    keepsVectors: Bool = false
  ) throws(DrawingError) {
    let sides = 1...Canvas.largestSide
    guard sides.contains(width), sides.contains(height) else {
      throw .badSize(width: width, height: height)
    }
    self.width = width
    self.height = height
    guard
      let surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, Int32(width), Int32(height)),
      let context = cairo_create(surface)
    else { throw .cairo(reason: "no surface") }
    self.surface = surface
    self.context = context
    vectors =
      keepsVectors ? VectorPicture(width: width, height: height, background: background) : nil
    let status = cairo_status(context)
    guard status == CAIRO_STATUS_SUCCESS else { throw .cairo(reason: Canvas.words(status)) }
    cairo_set_line_join(context, CAIRO_LINE_JOIN_ROUND)
    cairo_set_line_cap(context, CAIRO_LINE_CAP_ROUND)
    cairo_select_font_face(
      context, "sans-serif", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL)
    use(background)
    cairo_paint(context)
  }

  deinit {
    cairo_destroy(context)
    cairo_surface_destroy(surface)
  }

  /// The whole picture.
  public var bounds: Rectangle {
    Rectangle(x: 0, y: 0, width: Double(width), height: Double(height))
  }

  // MARK: Shapes

  /// Draws an outline whose coordinates and stroke width are pixels.
  public func draw(_ shape: Scene.Shape) {
    guard shape.isFinite else { return }
    vectors?.elements.append(.shape(shape))
    draw(shape, scale: 1) { $0 }
  }

  /// Draws a scene into a rectangle, undistorted and cut off at the scene's visible edges.
  ///
  /// - Parameters:
  ///   - scene: What to draw; shapes with coordinates that are not finite are left out.
  ///   - rectangle: Where, in pixels; nil for the whole canvas.
  /// - Returns: Where the scene's points fell, to draw over it.
  @discardableResult
  public func draw(_ scene: Scene, in rectangle: Rectangle? = nil) -> ScenePlacement {
    let placement = ScenePlacement(of: scene, in: rectangle ?? bounds)
    guard placement.scale.isFinite, placement.scale > 0 else { return placement }
    vectors?.elements.append(.scene(scene, placement))
    onPixels(in: placement.frame) {
      use(scene.background)
      cairo_paint(context)
      for shape in scene.shapes where shape.isFinite {
        draw(shape, scale: placement.scale, at: placement.pixel)
      }
    }
    return placement
  }

  /// Keeps everything that `body` draws inside a rectangle.
  public func clipped(to rectangle: Rectangle, _ body: () throws -> Void) rethrows {
    let outer = vectors?.elements
    vectors?.elements = []
    defer {
      if let inner = vectors?.elements, let outer {
        vectors?.elements = outer + [.clipped(rectangle, inner)]
      }
    }
    try onPixels(in: rectangle, body)
  }

  private func onPixels(in rectangle: Rectangle, _ body: () throws -> Void) rethrows {
    cairo_save(context)
    defer { cairo_restore(context) }
    cairo_rectangle(context, rectangle.x, rectangle.y, rectangle.width, rectangle.height)
    cairo_clip(context)
    try body()
  }

  private func draw(
    _ shape: Scene.Shape, scale: Double, at position: (Scene.Point) -> Scene.Point
  ) {
    cairo_new_path(context)
    switch shape.outline {
    case .circle(let center, let radius):
      let p = position(center)
      cairo_arc(context, p.x, p.y, radius * scale, 0, 2 * Double.pi)
    case .polygon(let points):
      trace(points.map(position))
      cairo_close_path(context)
    case .line(let points): trace(points.map(position))
    case .text(let string, let middle, let height):
      guard let fill = shape.fill else { return }
      write(
        VectorPicture.Letters(
          string: string, point: position(middle), size: height * scale, anchor: .middle,
          isTurned: false, isBold: false, color: fill))
      return
    case .picture(let picture, let low, let high):
      return paint(picture, in: Rectangle(between: position(low), and: position(high)))
    }
    let isLine = if case .line = shape.outline { true } else { false }
    if let fill = shape.fill, !isLine {
      use(fill)
      cairo_fill_preserve(context)
    }
    if let stroke = shape.stroke, shape.strokeWidth > 0 {
      use(stroke)
      cairo_set_line_width(context, shape.strokeWidth * scale)
      cairo_stroke_preserve(context)
    }
    cairo_new_path(context)
  }

  private func paint(_ picture: Scene.Picture, in frame: Rectangle) {
    guard frame.width > 0, frame.height > 0 else { return }
    picture.withSurface { surface in
      cairo_save(context)
      defer { cairo_restore(context) }
      cairo_translate(context, frame.x, frame.y)
      cairo_scale(
        context, frame.width / Double(picture.width), frame.height / Double(picture.height))
      cairo_set_source_surface(context, surface, 0, 0)
      cairo_paint(context)
    }
  }

  private func trace(_ points: [Scene.Point]) {
    for point in points { cairo_line_to(context, point.x, point.y) }
  }

  private func use(_ color: Scene.Color) {
    cairo_set_source_rgba(context, color.red, color.green, color.blue, color.alpha)
  }

  // MARK: Text

  /// Which point of a text is put at the given position.
  public enum TextAnchor: Sendable {
    /// The middle of the left edge.
    case left
    /// The middle.
    case middle
    /// The middle of the right edge.
    case right
  }

  /// Writes one line of text.
  ///
  /// - Parameters:
  ///   - string: What to write.
  ///   - point: Where the anchor goes, in pixels.
  ///   - size: The font's size in pixels.
  ///   - anchor: Which point of the text goes there.
  ///   - turned: Whether it reads upwards instead of to the right.
  ///   - bold: Whether the letters are bold.
  ///   - color: The colour.
  public func text(
    _ string: String, at point: Scene.Point, size: Double, anchor: TextAnchor = .middle,
    turned: Bool = false, bold: Bool = false, color: Scene.Color = Scene.Color(0, 0, 0)
  ) {
    let letters = VectorPicture.Letters(
      string: string, point: point, size: size, anchor: anchor, isTurned: turned, isBold: bold,
      color: color)
    vectors?.elements.append(.text(letters))
    write(letters)
  }

  private func write(_ letters: VectorPicture.Letters) {
    let width = textWidth(letters.string, size: letters.size, bold: letters.isBold)
    cairo_save(context)
    defer { cairo_restore(context) }
    cairo_translate(context, letters.point.x, letters.point.y)
    if letters.isTurned { cairo_rotate(context, -Double.pi / 2) }
    let start =
      switch letters.anchor {
      case .left: 0.0
      case .middle: -width / 2
      case .right: -width
      }
    // Letters are centred on half the height of a capital, so that lines with and without
    // descenders stand alike.
    cairo_move_to(context, start, 0.36 * letters.size)
    use(letters.color)
    cairo_show_text(context, letters.string)
    cairo_new_path(context)
  }

  /// The width of one line of text, in pixels.
  public func textWidth(_ string: String, size: Double, bold: Bool = false) -> Double {
    cairo_select_font_face(
      context, "sans-serif", CAIRO_FONT_SLANT_NORMAL,
      bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL)
    cairo_set_font_size(context, size)
    var extents = cairo_text_extents_t()
    cairo_text_extents(context, string, &extents)
    return extents.x_advance
  }

  // MARK: Results

  /// The pixels: height × width × 3 bytes of red, green and blue.
  public var rgb: [UInt8] {
    cairo_surface_flush(surface)
    guard let data = cairo_image_surface_get_data(surface) else { return [] }
    let stride = Int(cairo_image_surface_get_stride(surface))
    return [UInt8](unsafeUninitializedCapacity: width * height * 3) { bytes, count in
      var next = 0
      for row in 0..<height {
        // RGB24 keeps a pixel in a native-endian word: 0x00RRGGBB.
        let start = UnsafeRawPointer(data) + row * stride
        for column in 0..<width {
          let word = start.load(fromByteOffset: 4 * column, as: UInt32.self)
          bytes[next] = UInt8(truncatingIfNeeded: word >> 16)
          bytes[next + 1] = UInt8(truncatingIfNeeded: word >> 8)
          bytes[next + 2] = UInt8(truncatingIfNeeded: word)
          next += 3
        }
      }
      count = next
    }
  }

  /// The picture as the bytes of a PNG file.
  ///
  /// - Throws: ``DrawingError/cairo(reason:)`` when memory runs out.
  public func png() throws(DrawingError) -> Data {
    var data = Data()
    let status = withUnsafeMutablePointer(to: &data) { data in
      cairo_surface_write_to_png_stream(
        surface,
        { closure, bytes, count in
          guard let closure, let bytes else { return CAIRO_STATUS_WRITE_ERROR }
          closure.assumingMemoryBound(to: Data.self).pointee.append(bytes, count: Int(count))
          return CAIRO_STATUS_SUCCESS
        }, data)
    }
    guard status == CAIRO_STATUS_SUCCESS else { throw .cairo(reason: Canvas.words(status)) }
    return data
  }

  /// Writes the picture to a PNG file, whole or not at all.
  ///
  /// - Throws: ``DrawingError/unwritable(path:reason:)`` when the file cannot be written.
  public func writePNG(to path: String) throws(DrawingError) {
    let data = try png()
    do {
      try DurableFile.replace(path, with: data)
    } catch {
      throw .unwritable(path: path, reason: error.reason)
    }
  }

  private static func words(_ status: cairo_status_t) -> String {
    String(cString: cairo_status_to_string(status))
  }
}
