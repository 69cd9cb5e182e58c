public import EnvironmentInterface

/// What was drawn on a canvas, kept as shapes: the same picture as SVG, to be put into a page.
public struct VectorPicture: Sendable {
  /// One thing that was drawn, in pixels.
  enum Element: Sendable {
    case shape(Scene.Shape)
    case text(Letters)
    case scene(Scene, ScenePlacement)
    indirect case clipped(Rectangle, [Element])
  }

  /// A line of text whose baseline begins, ends or has its middle at a point.
  struct Letters: Sendable {
    var string: String
    var point: Scene.Point
    var size: Double
    var anchor: Canvas.TextAnchor
    var isTurned: Bool
    var isBold: Bool
    var color: Scene.Color
  }

  /// The size in pixels.
  public let width, height: Int
  let background: Scene.Color
  var elements: [Element] = []

  init(width: Int, height: Int, background: Scene.Color) {
    self.width = width
    self.height = height
    self.background = background
  }

  /// The picture as an `svg` element of a page.
  ///
  /// A scene that stands in several places is written once. Colours outside scenes may follow the
  /// page's, as custom properties of CSS; the colours of scenes are the environments' own.
  ///
  /// - Parameters:
  ///   - identifier: What the names in the element begin with; unique in the page.
  ///   - label: What the picture is, for those who cannot see it.
  ///   - properties: The names of custom properties by the opaque colours that they stand for.
  /// - Returns: The element; the same drawing gives the same text.
  public func svg(
    identifier: String, label: String, properties: [Scene.Color: String] = [:]
  ) -> String {
    var writer = SVGWriter(identifier: identifier, properties: properties)
    writer.write(elements)
    let background = writer.paint("fill", background)
    return """
      <svg xmlns="http://www.w3.org/2000/svg" class="picture" width="\(width)" height="\(height)" \
      viewBox="0 0 \(width) \(height)" role="img" aria-label="\(label.escapedForMarkup)" \
      stroke-linecap="round" stroke-linejoin="round" font-family="sans-serif">
      <defs>\(writer.definitions)</defs><rect width="100%" height="100%"\(background)/>
      \(writer.body)</svg>
      """
  }
}

extension String {
  /// The text as it may stand in HTML and XML, between tags and in quotes.
  public var escapedForMarkup: String {
    reduce(into: "") { text, character in
      switch character {
      case "&": text += "&amp;"
      case "<": text += "&lt;"
      case ">": text += "&gt;"
      case "\"": text += "&quot;"
      default: text.append(character)
      }
    }
  }
}
