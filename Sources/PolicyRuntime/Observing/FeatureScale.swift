import Foundation

/// How the values of one space become features.
public struct FeatureScale: Codable, Sendable, Hashable {
  /// The space's name.
  public let name: String
  /// The number of values of one step.
  public let width: Int
  /// Which of the values are angles in radians, ascending.
  public let angles: [Int]
  /// The smallest value of each feature in the demonstrations; −1 for cosines and sines.
  public let low: [Float]
  /// The largest value of each feature in the demonstrations; 1 for cosines and sines.
  public let high: [Float]

  /// The number of features: one a value, two an angle.
  public var featureWidth: Int { low.count }

  /// Creates a scale.
  ///
  /// - Parameters:
  ///   - name: The space's name.
  ///   - angles: Which of the values are angles.
  ///   - low: The smallest of each value; its length is the space's width.
  ///   - high: The largest of each value.
  /// - Throws: ``WindowError`` for lengths or indices that do not fit, or values not finite.
  public init(name: String, angles: [Int] = [], low: [Float], high: [Float]) throws {
    for index in angles where !low.indices.contains(index) {
      throw WindowError.angleOutOfRange(observation: name, index: index, width: low.count)
    }
    guard low.count == high.count else {
      throw WindowError.wrongLength(
        name: "upper end of '\(name)'", actual: high.count, expected: low.count)
    }
    let isAngle = Set(angles)
    self.name = name
    self.width = low.count
    self.angles = isAngle.sorted()
    self.low = low.indices.flatMap { isAngle.contains($0) ? [-1, -1] : [low[$0]] }
    self.high = high.indices.flatMap { isAngle.contains($0) ? [1, 1] : [high[$0]] }
    try validate()
  }

  /// Decodes a scale and checks it.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    name = try container.decode(String.self, forKey: .name)
    width = try container.decode(Int.self, forKey: .width)
    angles = try container.decode([Int].self, forKey: .angles)
    low = try container.decode([Float].self, forKey: .low)
    high = try container.decode([Float].self, forKey: .high)
    try validate()
  }

  /// The normalised value of feature `index`.
  @inline(__always)
  func normalised(_ value: Float, at index: Int) -> Float {
    if isConstant(at: index) { return 0 }
    let (low, high) = (low[index], high[index])
    return (value - low) / (high - low) * 2 - 1
  }

  /// Whether feature `index` never changes.
  @inline(__always)
  package func isConstant(at index: Int) -> Bool {
    let (low, high) = (low[index], high[index])
    // A range within the rounding of its ends is noise about a constant.
    return !(high - low > 1e-6 * max(abs(low), abs(high)))
  }

  /// For each feature whether it is the cosine or sine of an angle.
  package var isAngleFeature: [Bool] {
    (0..<width).flatMap { angles.contains($0) ? [true, true] : [false] }
  }

  /// The value whose normalised value is `value`; for scales without angles.
  func denormalised(_ value: Float, at index: Int) -> Float {
    let (low, high) = (low[index], high[index])
    if isConstant(at: index) { return low + (high - low) / 2 }
    return low + (value + 1) / 2 * (high - low)
  }

  /// Writes the features of one step's values.
  ///
  /// - Parameters:
  ///   - values: `width` values in the space's units.
  ///   - features: Room for `featureWidth` values.
  func write(
    _ values: UnsafeBufferPointer<Float>, into features: UnsafeMutableBufferPointer<Float>
  ) {
    var feature = 0
    var nextAngle = angles.startIndex
    for index in 0..<width {
      if nextAngle < angles.endIndex, angles[nextAngle] == index {
        let (cosine, sine) = Self.features(ofAngle: values[index])
        features[feature] = cosine
        features[feature + 1] = sine
        feature += 2
        nextAngle += 1
      } else {
        features[feature] = normalised(values[index], at: feature)
        feature += 1
      }
    }
  }

  /// The two features of an angle in radians.
  package static func features(ofAngle angle: Float) -> (cosine: Float, sine: Float) {
    (Float(cos(Double(angle))), Float(sin(Double(angle))))
  }

  /// Checks values of one step and writes their features.
  func normalise(
    _ values: [Float], into features: UnsafeMutableBufferPointer<Float>, as what: String
  ) throws {
    try check(values, as: what)
    values.withUnsafeBufferPointer { write($0, into: features) }
  }

  /// Checks the number of one step's values and that they are finite.
  func check(_ values: [Float], as what: String) throws {
    guard values.count == width else {
      throw WindowError.wrongLength(
        name: "\(what) '\(name)'", actual: values.count, expected: width)
    }
    if let index = values.firstIndex(where: { !$0.isFinite }) {
      throw WindowError.notFinite(name: "\(what) '\(name)'", index: index)
    }
  }

  private func validate() throws {
    func fail(_ reason: String) -> WindowError {
      WindowError.malformedNormalizer(name: name, reason: reason)
    }
    guard low.count == width + angles.count, high.count == low.count, width > 0 else {
      throw fail("\(width) values and \(angles.count) angles cannot give \(low.count) features")
    }
    guard angles == Set(angles).sorted(), angles.allSatisfy({ (0..<width).contains($0) }) else {
      throw fail("its angles are not ascending indices below \(width)")
    }
    for index in low.indices
    where !(low[index].isFinite && high[index].isFinite && low[index] <= high[index]) {
      throw fail("feature \(index) ranges from \(low[index]) to \(high[index])")
    }
  }
}
