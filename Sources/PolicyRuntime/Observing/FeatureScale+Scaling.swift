import Foundation

extension FeatureScale {
  /// The line through two values that become −1 and 1.
  package struct Map: Sendable {
    private let low: Double
    private let high: Double
    private let arithmetic: Arithmetic
    /// Whether there is only one value, which becomes 0.
    package let isConstant: Bool

    package init(_ ends: SIMD2<Double>, _ arithmetic: Arithmetic) {
      (low, high) = (ends[0], ends[1])
      self.arithmetic = arithmetic
      switch arithmetic {
      case .float:
        let (low, high) = (Float(ends[0]), Float(ends[1]))
        // A range within the rounding of its ends is noise about a constant.
        isConstant = !(high - low > 1e-6 * max(abs(low), abs(high)))
      case .double:
        isConstant = !(ends[1] / 2 - ends[0] / 2 > 0.5e-13 * max(abs(ends[0]), abs(ends[1])))
      }
    }

    /// The scaled value.
    @inline(__always)
    package func scaled(_ value: Double) -> Float {
      if isConstant { return 0 }
      switch arithmetic {
      case .float:
        let (low, high) = (Float(low), Float(high))
        return (Float(value) - low) / (high - low) * 2 - 1
      case .double:
        if low == -1, high == 1 { return Float(value) }
        // In halves, as the width of what doubles hold may be beyond them.
        return Float((value / 2 - low / 2) / (high / 2 - low / 2) * 2 - 1)
      }
    }

    /// The value that is scaled to one.
    @inline(__always)
    package func value(_ scaled: Float) -> Double {
      switch arithmetic {
      case .float:
        let (low, high) = (Float(low), Float(high))
        if isConstant { return Double(low + (high - low) / 2) }
        return Double(low + (scaled + 1) / 2 * (high - low))
      case .double:
        if isConstant { return low == high ? low : low / 2 + high / 2 }
        if low == -1, high == 1 { return Double(scaled) }
        let share = (Double(scaled) + 1) / 2
        return low * (1 - share) + high * share
      }
    }
  }

  /// Scaled values from here on are no observations of what was demonstrated, and products of them
  /// are soon beyond 32 bits.
  private static let farthest: Float = 1e9

  /// The line of a feature that is a number.
  package func map(at feature: Int) -> Map { Map(ends[feature], arithmetic) }

  /// Whether a feature is a number that never changes.
  package func isConstant(at feature: Int) -> Bool { map(at: feature).isConstant }

  /// Writes the features of one step's values.
  ///
  /// - Parameters:
  ///   - features: Room for `featureWidth` values.
  ///   - value: A value by its index.
  /// - Returns: The first value of a quaternion of length 0, if there is one.
  @discardableResult
  func write(
    into features: UnsafeMutableBufferPointer<Float>, _ value: (_ index: Int) -> Double
  ) -> Int? {
    var (index, feature) = (0, 0)
    var lost: Int?
    for part in parts {
      switch part {
      case .number, .discrete: features[feature] = map(at: feature).scaled(value(index))
      case .angle, .quaternion:
        let isWritten = part.forEachFeature({ value(index + $0) }) {
          features[feature + $0] = Float($1)
        }
        if !isWritten { lost = lost ?? index }
      }
      index += part.width
      feature += part.featureWidth
    }
    return lost
  }

  /// Writes the values of an action from its features.
  ///
  /// - Parameters:
  ///   - features: `featureWidth` of them.
  ///   - values: Room for `width` values.
  func write(
    valuesOf features: UnsafeBufferPointer<Float>,
    into values: UnsafeMutableBufferPointer<Double>
  ) {
    var (index, feature) = (0, 0)
    for part in parts {
      switch part {
      case .number: values[index] = map(at: feature).value(features[feature])
      case .discrete(let known):
        let value = map(at: feature).value(features[feature])
        values[index] = known.min { abs($0 - value) < abs($1 - value) } ?? value
      case .angle(let turn, let start):
        let angle =
          atan2(Double(features[feature + 1]), Double(features[feature])) / (2 * .pi) * turn
        values[index] = angle < start ? angle + turn : angle
      case .quaternion(let component, let isNegative):
        func column(_ start: Int) -> SIMD3<Double> {
          SIMD3(SIMD3(features[start], features[start + 1], features[start + 2]))
        }
        let q = Rotation.quaternion(nearestTo: (column(feature), column(feature + 3)))
        let sign: Double = (q[component] < 0) == isNegative ? 1 : -1
        for offset in 0..<4 { values[index + offset] = sign * q[offset] }
      }
      index += part.width
      feature += part.featureWidth
    }
  }

  /// The smallest and largest scaled value of a feature in the demonstrations.
  package func reach(at feature: Int) -> SIMD2<Float> { reach?[feature] ?? [-1, 1] }

  /// For each feature the scaled values that it can have, and none for a number; nil where no value
  /// is one of a few.
  package var categories: [[Float]]? {
    if discrete.isEmpty { return nil }
    var categories: [[Float]] = []
    for part in parts {
      if case .discrete(let known) = part {
        let map = map(at: categories.count)
        categories.append(known.map { map.scaled($0) })
      } else {
        categories += Array(repeating: [], count: part.featureWidth)
      }
    }
    return categories
  }

  /// Checks the values of one step and writes their features.
  func normalise(
    _ values: UnsafeBufferPointer<Double>, into features: UnsafeMutableBufferPointer<Float>,
    as what: String
  ) throws {
    try check(values, as: what)
    if let lost = write(into: features, { values[$0] }) {
      throw WindowError.noRotation(name: "\(what) '\(name)'", index: lost)
    }
    if let index = features.prefix(featureWidth).firstIndex(where: {
      !($0.magnitude < Self.farthest)
    }) {
      throw WindowError.farOutside(name: "\(what) '\(name)'", index: valueIndex(ofFeature: index))
    }
  }

  /// Checks the number of one step's values and that they are finite.
  private func check(_ values: UnsafeBufferPointer<Double>, as what: String) throws {
    guard values.count == width else {
      throw WindowError.wrongLength(
        name: "\(what) '\(name)'", actual: values.count, expected: width)
    }
    if let index = values.firstIndex(where: { !$0.isFinite }) {
      throw WindowError.notFinite(name: "\(what) '\(name)'", index: index)
    }
  }

  /// The value that a feature is made of, or the first of several.
  package func valueIndex(ofFeature wanted: Int) -> Int {
    var (index, feature) = (0, 0)
    for part in parts {
      if wanted < feature + part.featureWidth { return index }
      index += part.width
      feature += part.featureWidth
    }
    return index
  }
}

extension FeatureScale.Part {
  /// Tells the features of an angle or a quaternion, which need no scaling; none of a number.
  ///
  /// - Parameters:
  ///   - value: A value by its place in the part.
  ///   - body: Told of each feature by its place.
  /// - Returns: False for a quaternion of length 0.
  package func forEachFeature(
    _ value: (_ index: Int) -> Double, _ body: (_ index: Int, _ feature: Double) -> Void
  ) -> Bool {
    switch self {
    case .number, .discrete: break
    case .angle(let turn, _):
      let angle = turn == 360 ? value(0) / 180 * .pi : value(0)
      body(0, cos(angle))
      body(1, sin(angle))
    case .quaternion:
      guard let (first, second) = Rotation.columns(SIMD4(value(0), value(1), value(2), value(3)))
      else { return false }
      for index in 0..<3 { body(index, first[index]) }
      for index in 0..<3 { body(3 + index, second[index]) }
    }
    return true
  }
}
