import Randomness

/// Points in a space of some dimension: count × dimension finite numbers, row-major.
public struct PointSet: Sendable, Hashable {
  /// The number of coordinates of a point; at least 1.
  public let dimension: Int
  /// The coordinates, point by point: count × dimension.
  public let values: [Double]

  /// The number of points.
  public var count: Int { values.count / dimension }

  /// Creates a set from its coordinates, point by point.
  ///
  /// - Throws: ``MetricError`` for a length that is not a multiple of the dimension, or a value
  ///   that is not finite.
  public init(dimension: Int, values: [Double]) throws(MetricError) {
    guard dimension >= 1 else {
      throw .outOfRange(what: "dimension of points", value: dimension, low: 1, high: .max)
    }
    guard values.count.isMultiple(of: dimension) else {
      throw .sizeMismatch(
        what: "number of values of the last point", expected: dimension,
        actual: values.count % dimension)
    }
    if let index = values.firstIndex(where: { !$0.isFinite }) {
      throw .badValue(
        what: "point \(index / dimension)", index: index % dimension, value: values[index])
    }
    self.dimension = dimension
    self.values = values
  }

  /// Creates a set from its points.
  ///
  /// - Throws: ``MetricError`` for points of different length, none at all, or a value that is not
  ///   finite.
  public init(_ points: [[Double]]) throws(MetricError) {
    guard let dimension = points.first?.count else { throw .empty(what: "set of points") }
    for (index, point) in points.enumerated() where point.count != dimension {
      throw .sizeMismatch(
        what: "length of point \(index)", expected: dimension, actual: point.count)
    }
    try self.init(dimension: dimension, values: points.flatMap { $0 })
  }

  /// Creates a set from points such as actions.
  ///
  /// - Throws: ``MetricError`` for points of different length, none at all, or a value that is not
  ///   finite.
  public init(_ points: [[Float]]) throws(MetricError) {
    try self.init(points.map { $0.map(Double.init) })
  }

  /// The coordinates of one point.
  public subscript(index: Int) -> ArraySlice<Double> {
    values[index * dimension..<(index + 1) * dimension]
  }

  /// At most `limit` of the points, drawn without replacement; all of them, in order, where there
  /// are no more.
  ///
  /// - Parameters:
  ///   - limit: The largest number of points.
  ///   - seed: What the choice depends on.
  /// - Returns: The chosen points.
  public func sample(atMost limit: Int, seed: UInt64) -> PointSet {
    guard count > limit else { return self }
    var random = RandomStream(seed: seed, purpose: .metric)
    var order = Array(0..<count)
    for i in 0..<limit { order.swapAt(i, i + random.integer(below: count - i)) }
    return PointSet(
      unchecked: order[0..<limit].flatMap { self[$0] }, dimension: dimension)
  }

  /// The points with each coordinate divided by its scale; coordinates without one are left out.
  ///
  /// - Parameter scales: A divisor for each coordinate, or nil to leave it out.
  /// - Returns: As many points, of as many coordinates as have a scale.
  /// - Throws: ``MetricError`` when the number of scales is not the dimension, or none remains.
  public func scaled(by scales: [Double?]) throws(MetricError) -> PointSet {
    guard scales.count == dimension else {
      throw .sizeMismatch(what: "number of scales", expected: dimension, actual: scales.count)
    }
    let kept = scales.enumerated().compactMap { index, scale in scale.map { (index, $0) } }
    guard !kept.isEmpty else { throw .empty(what: "set of coordinates that vary") }
    var scaled: [Double] = []
    scaled.reserveCapacity(count * kept.count)
    for point in stride(from: 0, to: values.count, by: dimension) {
      for (index, scale) in kept { scaled.append(values[point + index] / scale) }
    }
    return try PointSet(dimension: kept.count, values: scaled)
  }

  /// The standard deviation of each coordinate (of the population); nil where it is constant.
  public var standardDeviations: [Double?] {
    (0..<dimension).map { coordinate in
      let column = stride(from: coordinate, to: values.count, by: dimension).map { values[$0] }
      let mean = column.reduce(0, +) / Double(column.count)
      let squares = column.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      let deviation = (squares / Double(column.count)).squareRoot()
      // Rounding of float32 recordings does not count.
      return deviation > 1e-6 * max(1, abs(mean)) ? deviation : nil
    }
  }

  init(unchecked values: [Double], dimension: Int) {
    self.values = values
    self.dimension = dimension
  }
}
