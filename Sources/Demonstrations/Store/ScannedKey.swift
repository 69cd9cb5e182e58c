import EnvironmentInterface

/// One observation, or the actions, over the episodes so far.
struct ScannedKey {
  /// The shape of one step.
  let shape: [Int]
  /// The type of the elements in the first episode's file, such as `float64`.
  let type: String
  /// In how many episodes it stands.
  private(set) var episodes = 0
  /// In how many episodes it has a step after the last action.
  var cut = 0
  /// The first episode that lacks it.
  var lacking: String?
  /// Why it cannot be used as one observation of all episodes.
  private(set) var problem: String?
  private let isImage: Bool
  /// Whether there is one range for all values: of pictures, and what has as many values.
  private let isWhole: Bool
  private var ranges: ColumnRanges
  private var areWhole = true
  /// The smallest and largest length of a step's values; nil for what is no quaternion by its name.
  private var lengths: SIMD2<Double>?

  /// Ranges of more values than this are not told one by one.
  private static let most = 512

  init(_ name: String, _ series: Series, type: String, lacking: String? = nil) {
    shape = series.shape
    self.type = type
    self.lacking = lacking
    isImage = series.isPicture
    isWhole = isImage || shape.count > 2 || series.width > Self.most
    ranges = ColumnRanges(width: isWhole ? 1 : series.width)
    if shape == [4], name.lowercased().contains("quat") { lengths = [.infinity, -.infinity] }
  }

  /// The columns in which a few values may make most of the range.
  var suspects: [Int] { isWhole ? [] : ranges.suspects }

  /// Includes an episode's values.
  ///
  /// - Returns: How they differ from the first episode's.
  mutating func include(
    _ series: Series, type: String, _ place: DemonstrationPlace
  ) -> DemonstrationError? {
    episodes += 1
    var error: DemonstrationError?
    // One number a step may have a dimension of its own or not.
    if series.shape != shape {
      error = .wrongShape(
        place, actual: series.shape, expected: shape, because: "as in earlier episodes")
    } else if !type.isEmpty, type.isFloatingPoint != self.type.isFloatingPoint {
      error = .otherType(place, actual: type, expected: self.type)
    }
    if let error {
      problem = problem ?? "\(place.demo ?? ""): \(error.reason)"
      return error
    }
    ranges.include(series.elements)
    if let known = lengths { lengths = series.lengths(from: known) }
    areWhole = areWhole && (shape.count < 3 || series.areWhole)
    return nil
  }

  /// What was seen.
  func observed(
    _ name: String, _ space: Space?, outlying: [OutlyingValues]
  ) -> DemonstrationSummary.ObservedSpace {
    DemonstrationSummary.ObservedSpace(
      space: space ?? derived(name), low: ranges.low, high: ranges.high, storedType: type,
      episodes: episodes, lacking: lacking, longer: cut,
      fitsFloat: !ranges.fitsFloat.contains(false), areWhole: areWhole, outlying: outlying,
      lengths: lengths.map { [$0[0], $0[1]] })
  }

  /// The space of a file that describes none: components named by their index, with what was seen
  /// as their range.
  private func derived(_ name: String) -> Space {
    func bounded(_ value: Double) -> Float {
      Float(
        min(
          max(value, -Double(Float.greatestFiniteMagnitude)), Double(Float.greatestFiniteMagnitude))
      )
    }
    var space = Space(
      name,
      isWhole
        ? []
        : ranges.low.indices.map {
          Space.Component("\($0)", from: bounded(ranges.low[$0]), to: bounded(ranges.high[$0]))
        })
    space.shape = shape
    if isImage { space.elementType = .uint8 }
    return space
  }
}

extension String {
  /// Whether elements of a type of this name are floating-point numbers.
  package var isFloatingPoint: Bool { hasPrefix("float") }
}

extension Series {
  /// Whether all elements are whole numbers.
  fileprivate var areWhole: Bool {
    switch elements {
    case .float32(let values): values.allSatisfy { $0.rounded() == $0 }
    case .float64(let values): values.allSatisfy { $0.rounded() == $0 }
    case .uint8: true
    }
  }

  /// The smallest and largest Euclidean length of a step's values, and of those before.
  fileprivate func lengths(from known: SIMD2<Double>) -> SIMD2<Double> {
    let columns = (0..<width).map { column($0) }
    return (0..<count).reduce(known) { known, step in
      let length = columns.reduce(0) { $0 + $1[step] * $1[step] }.squareRoot()
      return [min(known[0], length), max(known[1], length)]
    }
  }

  /// One of the values of each step.
  package func column(_ index: Int) -> [Double] {
    stride(from: index, to: count * width, by: width).map { place in
      switch elements {
      case .float32(let values): Double(values[place])
      case .float64(let values): values[place]
      case .uint8(let bytes): Double(bytes[place])
      }
    }
  }
}
