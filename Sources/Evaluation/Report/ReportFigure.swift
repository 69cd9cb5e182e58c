import Drawing

/// A picture of a benchmark's results with what must be known to read it.
struct ReportFigure {
  /// The name of its file, without extension.
  var name: String
  /// The environment that it is about.
  var environment: String
  /// What it shows, in one or two sentences.
  var caption: String
  /// The picture, also as shapes.
  var canvas: Canvas
}
