import Demonstrations
import Foundation
import PolicyRuntime

/// Learns from collected steps how each space is scaled, and says what looks odd about them.
struct ScaleLearner {
  private let collector: StepCollector
  private let choice: NormalisationChoice

  /// More values than this are not one of a few.
  private static let mostDiscrete = 256

  init(_ collector: StepCollector, _ choice: NormalisationChoice) {
    self.collector = collector
    self.choice = choice
  }

  /// The scales of all spaces.
  ///
  /// - Throws: ``WindowError`` for marks that do not fit the values.
  func normalizer(_ notes: inout ReadingNotes) throws -> Normalizer {
    let known = Set(collector.columns.spaces.map(\.name))
    for name in choice.named.keys.sorted() where !known.contains(name) {
      throw WindowError.missingObservation(name: name, given: known.sorted())
    }
    var scales: [FeatureScale] = []
    for space in collector.columns.spaces.indices {
      scales.append(try scale(space, &notes))
    }
    let action = scales.removeLast()
    return Normalizer(observations: scales, images: collector.columns.images, action: action)
  }

  private func scale(_ space: Int, _ notes: inout ReadingNotes) throws -> FeatureScale {
    let column = collector.columns.spaces[space]
    let ranges = collector.ranges[space]
    var meaning = collector.meanings[space]
    try complete(&meaning, space, &notes)
    let normalisation = choice.of(column.name)
    warnOfOutliers(space, normalisation, &notes)
    let extent = zip(ranges.low, ranges.high).map { SIMD2($0, $1) }
    var ends = extent
    if normalisation != .range {
      for index in ends.indices {
        guard let feature = feature(of: index, space),
          !meaning.discrete.contains(where: { $0.index == index })
        else { continue }
        let (low, high) = normalisation.ends(of: try collector.column(feature))
        // The rounding of 32 bits about a constant does not count.
        let isConstant =
          ranges.fitsFloat[index] && FeatureScale.Map(extent[index], .float).isConstant
        ends[index] = isConstant && normalisation != .none ? extent[index] : [low, high]
      }
    }
    let isFloat =
      normalisation == .range && meaning.degrees.isEmpty && meaning.turns.isEmpty
      && zip(ranges.fitsFloat, extent).allSatisfy {
        $0 && Self.isHeld($1, isWide: column.isWide)
      }
    return try FeatureScale(
      name: column.name, shape: column.shape, meaning: meaning, ends: ends, extent: extent,
      normalisation: normalisation, arithmetic: isFloat ? .float : .double)
  }

  /// Whether arithmetic of 32 bits tells a column's values apart that are numbers of 32 bits.
  static func isHeld(_ extent: SIMD2<Double>, isWide: Bool) -> Bool {
    let span = extent[1] - extent[0]
    if span == 0 { return true }
    // Neither infinite nor so small that processors may take it for 0.
    guard Float(span).isFinite, span > 1e-30 else { return false }
    // What is stored in 64 bits and varies by more than 32 bits round is not a constant.
    let rounding = 2.5e-7 * max(abs(extent[0]), abs(extent[1]))
    return !(isWide && span > rounding && FeatureScale.Map(extent, .float).isConstant)
  }

  /// Finds out from the values what a mark leaves open.
  private func complete(
    _ meaning: inout ValueMeaning, _ space: Int, _ notes: inout ReadingNotes
  ) throws {
    let column = collector.columns.spaces[space]
    let ranges = collector.ranges[space]
    for index in meaning.angles {
      let isDegrees = meaning.degrees.contains(index)
      let (low, high) = (ranges.low[index], ranges.high[index])
      let half = isDegrees ? 180 : Double.pi
      // Recorded from 0 to a whole turn: answered so.
      if space == collector.columns.observations.count, low >= -1e-6, high > half * 1.000_001 {
        meaning.turns.append(index)
      }
      if !isDegrees, max(abs(low), abs(high)) > 4 * .pi {
        notes.warnings.append(
          "\(column.name).\(index) is marked as an angle in radians, but ranges from"
            + " \(short(low)) to \(short(high)); one in degrees is marked"
            + " \(column.name).\(index):degrees")
      }
    }
    for place in meaning.quaternions.indices {
      let start = meaning.quaternions[place].start
      if let lengths = lengths(ofQuaternionFrom: start, space), !lengths.areOne {
        let end = space == collector.columns.observations.count ? "; answers have length 1" : ""
        notes.warnings.append(
          "\(column.name).\(start)-\(start + 3) is marked as a unit quaternion, but"
            + " \(lengths.words): only its direction is learnt, as a rotation\(end)")
      }
      // The component that never changes its sign tells q from −q, where the data keep to one.
      if let fixed = [3, 0, 1, 2].first(where: { component in
        ranges.low[start + component] >= 0 || ranges.high[start + component] <= 0
      }) {
        meaning.quaternions[place].component = fixed
        meaning.quaternions[place].isNegative = ranges.high[start + fixed] <= 0
      }
    }
    for place in meaning.discrete.indices {
      let index = meaning.discrete[place].index
      guard let feature = feature(of: index, space) else { continue }
      let values = Set(try collector.column(feature)).sorted()
      guard values.count <= Self.mostDiscrete else {
        throw WindowError.notDiscrete(
          value: "\(column.name).\(index)", count: values.count, most: Self.mostDiscrete)
      }
      meaning.discrete[place].values = values
    }
  }

  private func lengths(ofQuaternionFrom start: Int, _ space: Int) -> QuaternionLengths? {
    var (index, quaternion) = (0, 0)
    for part in collector.parts[space] {
      if part.isQuaternion {
        if index == start { return collector.lengths[space][quaternion] }
        quaternion += 1
      }
      index += part.width
    }
    return nil
  }

  private func warnOfOutliers(
    _ space: Int, _ normalisation: Normalisation, _ notes: inout ReadingNotes
  ) {
    guard normalisation == .range else { return }
    let name = collector.columns.spaces[space].name
    for index in collector.ranges[space].suspects {
      guard let feature = feature(of: index, space), let values = try? collector.column(feature),
        let outlying = OutlyingValues(index: index, values: values, place: place)
      else { continue }
      notes.warnings.append(outlying.text(of: name))
    }
  }

  private func place(of position: Int) -> (episode: String, step: Int) {
    let index = collector.starts.lastIndex { $0 <= position } ?? 0
    return (collector.places[index].demo ?? "", position - collector.starts[index])
  }

  /// The feature of a value that is a number; nil for others.
  private func feature(of wanted: Int, _ space: Int) -> Int? {
    var feature = collector.parts[..<space].joined().reduce(0) { $0 + $1.featureWidth }
    var index = 0
    for part in collector.parts[space] {
      if index == wanted { return part.isNumber ? feature : nil }
      index += part.width
      feature += part.featureWidth
    }
    return nil
  }
}

/// A number with at most four significant digits.
func short(_ value: Double) -> String {
  if let whole = Int(exactly: value) { return "\(whole)" }
  return String(format: "%.4g", value)
}

extension ReadingNotes {
  /// Notes what is looked at and how it is scaled.
  mutating func describe(_ normalizer: Normalizer, _ columns: StepColumns) {
    spaces = zip(columns.spaces, normalizer.observations + [normalizer.action]).map {
      Space(name: $0.name, words: Self.words($0, $1))
    }
    for index in spaces.indices where (normalizer.unseen ?? []).contains(spaces[index].name) {
      spaces[index].words += ", not shown to the network"
    }
    if columns.actionSource != columns.action.name {
      spaces[spaces.count - 1].words += ", read from \(columns.actionSource)"
    }
    if let relative = normalizer.relative {
      let names = Set(relative.map(\.observation)).sorted().joined(separator: ", ")
      spaces[spaces.count - 1].words += ", as distances from \(names)"
    }
    let pictures = normalizer.images.map { Space(name: $0.name, words: "picture of \($0.words)") }
    spaces.insert(contentsOf: pictures, at: spaces.count - 1)
  }

  private static func words(_ column: StepColumns.Column, _ scale: FeatureScale) -> String {
    var words = "\(column.type) [\(column.shape.map(String.init).joined(separator: "×"))]"
    if column.shape.count > 1 { words += ", each of its \(column.width) values an input" }
    words += ", scaled by \(scale.normalisation.rawValue)"
    if scale.arithmetic == .double { words += " in 64 bits" }
    let constant = (0..<scale.featureWidth).count { scale.isConstant(at: $0) }
    if constant > 0 { words += ", \(constant) constant" }
    func list(_ what: String, _ indices: [Int]) {
      if !indices.isEmpty {
        words += ", \(what) \(indices.map(String.init).joined(separator: ", "))"
      }
    }
    list("angles", scale.angles)
    list("quaternions from", scale.quaternions.map(\.start))
    list("discrete", scale.discrete.map(\.index))
    return words
  }
}
