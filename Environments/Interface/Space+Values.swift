extension Space {
  /// A value of this space made from given numbers: each clamped to its component's range.
  ///
  /// - Parameters:
  ///   - values: One number for each component.
  ///   - what: What they are, for the error's text.
  /// - Returns: The clamped numbers.
  /// - Throws: ``EnvironmentError/wrongLength(what:expected:actual:)`` or
  ///   ``EnvironmentError/notFinite(what:index:)``.
  public func clamped(_ values: [Float], what: String = "action") throws -> [Float] {
    guard values.count == components.count else {
      throw EnvironmentError.wrongLength(
        what: what, expected: components.count, actual: values.count)
    }
    if let index = values.firstIndex(where: { !$0.isFinite }) {
      throw EnvironmentError.notFinite(what: what, index: index)
    }
    return zip(values, components).map { min(max($0, $1.low), $1.high) }
  }

  /// The first component whose number lies outside its range (or is NaN).
  ///
  /// - Parameter values: One number for each component.
  /// - Returns: Its index, or nil when all are in.
  public func firstOutside(_ values: [Float]) -> Int? {
    zip(values, components).enumerated().first { _, pair in
      !(pair.0 >= pair.1.low && pair.0 <= pair.1.high)
    }?.offset
  }
}
