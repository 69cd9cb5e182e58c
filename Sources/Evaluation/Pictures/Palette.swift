import EnvironmentInterface

/// The colours of pictures.
enum Palette {
  static let ink = Scene.Color(0.13, 0.15, 0.19)
  static let faint = Scene.Color(0.45, 0.48, 0.53)
  static let grid = Scene.Color(0.90, 0.91, 0.93)
  static let frame = Scene.Color(0.78, 0.80, 0.83)
  static let paper = Scene.Color(1, 1, 1)
  static let hit = Scene.Color(0.00, 0.33, 0.62)
  static let miss = Scene.Color(0.84, 0.15, 0.16)

  /// Colours that people with any colour vision can tell apart.
  ///
  /// Source: Okabe and Ito, "Color universal design", 2008.
  static let series: [Scene.Color] = [
    Scene.Color(0.00, 0.45, 0.70), Scene.Color(0.84, 0.37, 0.00), Scene.Color(0.00, 0.62, 0.45),
    Scene.Color(0.80, 0.47, 0.65), Scene.Color(0.90, 0.62, 0.00), Scene.Color(0.34, 0.71, 0.91),
    Scene.Color(0.13, 0.15, 0.19),
  ]
}

extension Scene.Color {
  /// The colour at another opacity.
  func opacity(_ alpha: Double) -> Scene.Color { Scene.Color(red, green, blue, alpha: alpha) }
}
