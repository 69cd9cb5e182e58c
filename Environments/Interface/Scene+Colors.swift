extension Scene.Color {
  /// The same colour with another opacity.
  ///
  /// - Parameter alpha: The opacity, 0…1.
  /// - Returns: The colour.
  public func faded(to alpha: Double) -> Scene.Color {
    Scene.Color(red, green, blue, alpha: alpha)
  }

  /// A mixture of two colours.
  ///
  /// - Parameters:
  ///   - other: The other colour.
  ///   - share: How much of the other, 0…1.
  /// - Returns: The mixture, component by component.
  public func mixed(with other: Scene.Color, _ share: Double) -> Scene.Color {
    func mix(_ a: Double, _ b: Double) -> Double { a + (b - a) * share }
    return Scene.Color(
      mix(red, other.red), mix(green, other.green), mix(blue, other.blue),
      alpha: mix(alpha, other.alpha))
  }
}
