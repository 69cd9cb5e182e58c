import Foundation

/// How the values of one space become features, and features of actions values again.
///
/// A number is one feature, from [``low``, ``high``] to [−1, 1]; an angle is two, cosine and sine;
/// a quaternion is six (`Rotation`). A network sees and answers features only.
public struct FeatureScale: Sendable, Hashable {
  /// In which numbers is scaled.
  public enum Arithmetic: String, Codable, Sendable {
    /// 32 bits, as the values are stored.
    case float
    /// 64 bits, until a value is scaled; of actions from the scaled value on.
    case double
  }

  /// Four values that are a unit quaternion.
  public struct Quaternion: Codable, Sendable, Hashable {
    /// The first of the values.
    public var start: Int
    /// The one of the four whose sign tells q from −q.
    public var component: Int
    /// Whether that one is negative in what is answered.
    public var isNegative: Bool

    /// Creates a quaternion of the values from `start` on.
    public init(start: Int, component: Int = 3, isNegative: Bool = false) {
      self.start = start
      self.component = component
      self.isNegative = isNegative
    }
  }

  /// A value of actions that is one of a few.
  public struct Discrete: Codable, Sendable, Hashable {
    /// Which value.
    public var index: Int
    /// The recorded values, ascending.
    public var values: [Double]

    /// Creates a value that is one of a few.
    public init(index: Int, values: [Double]) {
      self.index = index
      self.values = values
    }
  }

  /// The space's name.
  public let name: String
  /// The number of values of one step.
  public let width: Int
  /// The recorded shape of one step's values, where that is no list; nil for a list.
  public let shape: [Int]?
  /// Which of the values are angles, ascending.
  public let angles: [Int]
  /// Which of the angles are in degrees.
  public let degrees: [Int]
  /// Which of the angles are recorded from 0 on, and not on both sides of 0.
  public let turns: [Int]
  /// The values that are quaternions.
  public let quaternions: [Quaternion]
  /// The values that are one of a few.
  public let discrete: [Discrete]
  /// How `ends` were found.
  public let normalisation: Normalisation
  /// In which numbers is scaled.
  public let arithmetic: Arithmetic
  /// For each feature the two values that become −1 and 1; those two of what is not a number.
  private(set) var ends: [SIMD2<Double>]
  /// For each feature the smallest and largest scaled value of the demonstrations; nil where that
  /// is −1 and 1 for all.
  public let reach: [SIMD2<Float>]?
  /// What each run of values is.
  package let parts: [Part]

  /// One value or several that become features together.
  package enum Part: Sendable, Hashable {
    /// A number, scaled.
    case number
    /// An angle, by its length of a turn, and the smallest one that is answered.
    case angle(turn: Double, from: Double)
    /// Four values.
    case quaternion(component: Int, isNegative: Bool)
    /// A number that is one of a few.
    case discrete([Double])

    /// The number of values.
    package var width: Int { if case .quaternion = self { 4 } else { 1 } }

    /// The number of features.
    package var featureWidth: Int {
      switch self {
      case .number, .discrete: 1
      case .angle: 2
      case .quaternion: Rotation.width
      }
    }
  }

  /// The value of each feature that becomes −1: the smallest of the demonstrations where
  /// ``normalisation`` is by range.
  public var low: [Float] { ends.map { Float($0[0]) } }

  /// The value of each feature that becomes 1.
  public var high: [Float] { ends.map { Float($0[1]) } }

  /// The number of features.
  public var featureWidth: Int { ends.count }

  /// Creates a scale by ranges, in 32 bits.
  ///
  /// - Parameters:
  ///   - name: The space's name.
  ///   - angles: Which of the values are angles in radians.
  ///   - low: The smallest of each value; its length is the space's width.
  ///   - high: The largest of each value.
  /// - Throws: ``WindowError`` for lengths or indices that do not fit, or values not finite.
  public init(name: String, angles: [Int] = [], low: [Float], high: [Float]) throws {
    guard low.count == high.count else {
      throw WindowError.wrongLength(
        name: "upper end of '\(name)'", actual: high.count, expected: low.count)
    }
    try self.init(
      name: name, meaning: ValueMeaning(angles: angles),
      ends: zip(low, high).map { SIMD2(Double($0), Double($1)) })
  }

  /// Creates a scale.
  ///
  /// - Parameters:
  ///   - name: The space's name.
  ///   - shape: The recorded shape of one step's values.
  ///   - meaning: What the values are.
  ///   - ends: For each value, as for a number, what becomes −1 and 1.
  ///   - extent: For each value the smallest and largest; nil where they are the ends.
  ///   - normalisation: How the ends were found.
  ///   - arithmetic: In which numbers is scaled.
  /// - Throws: ``WindowError`` for lengths or indices that do not fit, or values not finite.
  package init(
    name: String, shape: [Int]? = nil, meaning: ValueMeaning, ends: [SIMD2<Double>],
    extent: [SIMD2<Double>]? = nil,
    normalisation: Normalisation = .range, arithmetic: Arithmetic = .float
  ) throws {
    try meaning.check(name: name, width: ends.count)
    self.name = name
    width = ends.count
    self.shape = shape?.count == 1 ? nil : shape
    angles = Set(meaning.angles).sorted()
    degrees = Set(meaning.degrees).sorted()
    turns = Set(meaning.turns).sorted()
    quaternions = meaning.quaternions.sorted { $0.start < $1.start }
    discrete = meaning.discrete.sorted { $0.index < $1.index }
    self.normalisation = normalisation
    self.arithmetic = arithmetic
    parts = meaning.parts(width: ends.count)
    var features: [SIMD2<Double>] = []
    var reach: [SIMD2<Float>] = []
    var value = 0
    for part in parts {
      switch part {
      case .number, .discrete:
        features.append(ends[value])
        let extent = extent?[value] ?? ends[value]
        let map = Self.Map(ends[value], arithmetic)
        reach.append(
          map.isConstant ? [-1, 1] : [map.scaled(extent[0]), map.scaled(extent[1])])
      default:
        features += Array(repeating: [-1, 1], count: part.featureWidth)
        reach += Array(repeating: [-1, 1], count: part.featureWidth)
      }
      value += part.width
    }
    self.ends = features
    self.reach = reach.allSatisfy { $0 == [-1, 1] } ? nil : reach
    try validate()
  }

  /// Restores a scale, of which nothing is recomputed.
  init(
    name: String, width: Int, shape: [Int]?, meaning: ValueMeaning, features: [SIMD2<Double>],
    reach: [SIMD2<Float>]?, normalisation: Normalisation, arithmetic: Arithmetic
  ) throws {
    self.name = name
    self.width = width
    self.shape = shape
    (angles, degrees, turns) = (meaning.angles, meaning.degrees, meaning.turns)
    (quaternions, discrete) = (meaning.quaternions, meaning.discrete)
    self.normalisation = normalisation
    self.arithmetic = arithmetic
    ends = features
    self.reach = reach
    // No value becomes fewer features than one; what a file says is no reason to make room for it.
    guard (1...max(features.count, 1)).contains(width) else {
      throw WindowError.malformedNormalizer(
        name: name, reason: "\(width) values cannot give \(features.count) features")
    }
    if angles != Set(angles).sorted() || !angles.allSatisfy({ (0..<width).contains($0) }) {
      throw WindowError.malformedNormalizer(
        name: name, reason: "its angles are not ascending indices below \(width)")
    }
    do { try meaning.check(name: name, width: width) } catch {
      throw WindowError.malformedNormalizer(name: name, reason: "\(error)")
    }
    parts = meaning.parts(width: width)
    try validate()
  }

  /// The same scale with other ends.
  func with(ends: [SIMD2<Double>]) -> FeatureScale {
    var scale = self
    scale.ends = ends
    return scale
  }

  private func validate() throws {
    func fail(_ reason: String) -> WindowError {
      WindowError.malformedNormalizer(name: name, reason: reason)
    }
    let expected = parts.reduce(0) { $0 + $1.featureWidth }
    guard ends.count == expected, width > 0 else {
      throw fail("\(width) values and \(angles.count) angles cannot give \(ends.count) features")
    }
    // No product is beyond counting.
    func count(_ shape: [Int]) -> Int { shape.reduce(1) { min($0 * $1, width + 1) } }
    guard shape.map({ $0.allSatisfy((1...width).contains) && count($0) == width }) ?? true else {
      throw fail("its shape \(shape ?? []) is not of \(width) values")
    }
    guard reach?.count ?? expected == expected else {
      throw fail("its reach is of \(reach?.count ?? 0) features and not of \(expected)")
    }
    for (index, ends) in ends.enumerated()
    where !(ends[0].isFinite && ends[1].isFinite && ends[0] <= ends[1]) {
      throw fail("feature \(index) ranges from \(ends[0]) to \(ends[1])")
    }
    for ends in reach ?? [] where !(ends[0].isFinite && ends[1].isFinite && ends[0] <= ends[1]) {
      throw fail("a feature reaches from \(ends[0]) to \(ends[1])")
    }
  }
}
