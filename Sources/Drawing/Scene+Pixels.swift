public import EnvironmentInterface

extension Scene {
  /// The scene as pixels, as large as fits, undistorted, in the middle of its background.
  ///
  /// - Parameters:
  ///   - width: The number of columns.
  ///   - height: The number of rows.
  /// - Returns: height × width × 3 bytes of red, green and blue, anti-aliased.
  /// - Throws: ``DrawingError/badSize(width:height:)``.
  public func rgb(width: Int, height: Int) throws(DrawingError) -> [UInt8] {
    try canvas(width: width, height: height).rgb
  }

  /// Writes the scene to a PNG file, whole or not at all.
  ///
  /// - Throws: ``DrawingError`` for an impossible size or a file that cannot be written.
  public func writePNG(to path: String, width: Int, height: Int) throws(DrawingError) {
    try canvas(width: width, height: height).writePNG(to: path)
  }

  private func canvas(width: Int, height: Int) throws(DrawingError) -> Canvas {
    let canvas = try Canvas(width: width, height: height, background: background)
    canvas.draw(self)
    return canvas
  }
}
