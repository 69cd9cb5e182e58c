import Drawing
import EnvironmentInterface

/// Panels in rows and columns with a title each, on one canvas.
struct PanelGrid {
  private static let gap = 14.0
  private static let margin = 22.0
  private static let titleHeight = 24.0

  let canvas: Canvas
  private let panel: (width: Double, height: Double)
  private let origin: Scene.Point
  private let rowGap: Double

  /// Lays out the grid and writes its titles.
  ///
  /// - Parameters:
  ///   - title: What stands above everything.
  ///   - columns: The columns' titles.
  ///   - rows: The rows' titles, which read upwards; empty for none.
  ///   - panel: The size of a panel in pixels.
  /// - Throws: ``DrawingError`` for a picture that would be too large.
  init(
    title: String, columns: [String], rows: [String], panel: (width: Double, height: Double)
  ) throws(DrawingError) {
    let left = Self.margin + (rows.allSatisfy(\.isEmpty) ? 0 : 26)
    let top = 78.0
    let width =
      left + Double(columns.count) * (panel.width + Self.gap) - Self.gap + Self.margin
    let height = top + Double(rows.count) * (panel.height + Self.gap) - Self.gap + Self.margin
    canvas = try Canvas(
      width: Int(width.rounded(.up)), height: Int(height.rounded(.up)), background: Palette.paper,
      keepsVectors: true)
    self.panel = panel
    rowGap = Self.gap
    origin = Scene.Point(left, top)
    // Titles shrink where a narrow picture leaves them no room.
    canvas.text(
      title, at: .init(left, 28),
      size: canvas.fittingSize(18, of: title, in: width - left - Self.margin, bold: true),
      anchor: .left, bold: true, color: Palette.ink)
    for (column, text) in columns.enumerated() {
      let middle = rectangle(row: 0, column: column).centre.x
      canvas.text(
        text, at: .init(middle, top - 16),
        size: canvas.fittingSize(14, of: text, in: panel.width), color: Palette.ink)
    }
    for (row, text) in rows.enumerated() where !text.isEmpty {
      let middle = rectangle(row: row, column: 0).centre.y
      canvas.text(
        text, at: .init(left - 18, middle),
        size: canvas.fittingSize(14, of: text, in: panel.height), turned: true,
        color: Palette.ink)
    }
  }

  /// Lays out panels that have a title each, so many in a row, and writes the titles.
  ///
  /// - Parameters:
  ///   - title: What stands above everything.
  ///   - panels: The panels' titles.
  ///   - columns: How many stand in a row.
  ///   - panel: The size of a panel in pixels.
  /// - Throws: ``DrawingError`` for a picture that would be too large.
  init(
    title: String, panels: [String], columns: Int, panel: (width: Double, height: Double)
  ) throws(DrawingError) {
    let rows = (panels.count + columns - 1) / columns
    rowGap = Self.gap + Self.titleHeight
    origin = Scene.Point(Self.margin, 54 + Self.titleHeight)
    self.panel = panel
    let width = 2 * Self.margin + Double(columns) * (panel.width + Self.gap) - Self.gap
    let height = origin.y + Double(rows) * (panel.height + rowGap) - rowGap + Self.margin
    canvas = try Canvas(
      width: Int(width.rounded(.up)), height: Int(height.rounded(.up)), background: Palette.paper,
      keepsVectors: true)
    canvas.text(
      title, at: .init(Self.margin, 28),
      size: canvas.fittingSize(20, of: title, in: width - 2 * Self.margin, bold: true),
      anchor: .left, bold: true, color: Palette.ink)
    for (index, text) in panels.enumerated() {
      let place = rectangle(row: index / columns, column: index % columns)
      canvas.text(
        text, at: .init(place.centre.x, place.y - 14),
        size: canvas.fittingSize(18, of: text, in: panel.width), color: Palette.ink)
    }
  }

  /// How many panels stand in a row, so that rows are as even as can be.
  static func columns(for panels: Int, atMost limit: Int) -> Int {
    let rows = max(1, (panels + limit - 1) / limit)
    return max(1, (panels + rows - 1) / rows)
  }

  /// Where a panel is.
  func rectangle(row: Int, column: Int) -> Rectangle {
    Rectangle(
      x: origin.x + Double(column) * (panel.width + Self.gap),
      y: origin.y + Double(row) * (panel.height + rowGap), width: panel.width,
      height: panel.height)
  }

  /// Draws a scene into a panel, with a thin frame.
  @discardableResult
  func draw(_ scene: Scene, row: Int, column: Int) -> ScenePlacement {
    let placement = canvas.draw(scene, in: rectangle(row: row, column: column))
    let f = placement.frame
    canvas.draw(
      Scene.Shape(
        .polygon([
          .init(f.x, f.y), .init(f.right, f.y), .init(f.right, f.bottom), .init(f.x, f.bottom),
        ]), stroke: Palette.frame, strokeWidth: 1))
    return placement
  }

  /// The size of a panel that shows scenes of one shape.
  static func panel(for scene: Scene, longestSide: Double) -> (width: Double, height: Double) {
    let (width, height) = (scene.high.x - scene.low.x, scene.high.y - scene.low.y)
    let scale = longestSide / max(width, height)
    return (width * scale, height * scale)
  }
}

extension Canvas {
  /// A font size at which a text is no wider than it may be, at most `size`.
  func fittingSize(_ size: Double, of text: String, in width: Double, bold: Bool = false) -> Double
  {
    min(size, size * width / max(1, textWidth(text, size: size, bold: bold)))
  }
}
