package import Demonstrations
import EnvironmentInterface
import PolicyRuntime

/// What a training makes of a file unless it is told otherwise: of each key whether it is looked
/// at, how it is scaled, what speaks against it, and what looks odd.
package struct TrainingOutlook: Encodable, Sendable {
  /// What becomes of a key.
  package enum Use: String, Encodable, Sendable {
    /// The actions.
    case learned
    /// An observation that is looked at.
    case seen = "looked at"
    /// An observation that is looked at if it is named.
    case leftOut = "left out"
    /// What cannot be used.
    case unusable = "not usable"
  }

  /// The smallest and largest of one value, or of all values of a key.
  package struct Range: Encodable, Sendable {
    /// What the value is called; its index where nothing else is known, `all` for all values.
    package let name: String
    package let low, high: Double
  }

  /// A key of the file.
  package struct Key: Encodable, Sendable {
    package let name: String
    package let use: Use
    /// The type of the elements, the shape of a step and where it stands, in words.
    package let words: String
    /// How it is scaled; nil where it is not looked at.
    package let scaling: String?
    /// Why it is left out or cannot be used.
    package let reason: String?
    /// What looks odd, each in a sentence.
    package let warnings: [String]
    package let ranges: [Range]
  }

  /// The actions, what can be looked at, and what cannot be used.
  package let keys: [Key]

  /// Ranges of more values than this are told as one.
  private static let mostRanges = 64

  /// What a training makes of a summarised file.
  package init(_ summary: DemonstrationSummary) {
    let count = summary.episodes
    var keys = summary.action.map { [Self.key($0, use: .learned, of: count)] } ?? []
    keys += summary.observations.map { Self.key($0, use: nil, of: count) }
    keys += summary.unused.map { part in
      let place = part.episodes.map { $0 == count ? "" : "in \($0) of \(count) episodes" } ?? ""
      return Key(
        name: part.name.hasPrefix("obs/") ? String(part.name.dropFirst(4)) : part.name,
        use: .unusable, words: place, scaling: nil, reason: part.reason, warnings: [], ranges: [])
    }
    self.keys = keys
  }

  private static func key(
    _ observed: DemonstrationSummary.ObservedSpace, use: Use?, of count: Int
  ) -> Key {
    let space = observed.space
    let name = use == .learned ? ValueMarks.actions : space.name
    var reason: String?
    if use == nil {
      reason =
        observed.lacking.map { "\($0) lacks it" }
        ?? PictureShape.reasonToLeaveOut(
          space.shape, type: observed.storedType, values: observed.values)
    }
    var words = [
      observed.storedType,
      space.shape.count == 1
        ? "\(space.count) value\(space.count == 1 ? "" : "s")"
        : space.shape.map(String.init).joined(separator: "×"),
    ]
    if observed.lacking != nil { words.append("in \(observed.episodes) of \(count) episodes") }
    if observed.longer > 0 {
      words.append("a step after the last action in \(observed.longer), which is not used")
    }
    return Key(
      name: name, use: use ?? (reason == nil ? .seen : .leftOut),
      words: words.joined(separator: ", "), scaling: reason == nil ? scaling(observed) : nil,
      reason: reason, warnings: warnings(observed, name),
      ranges: ranges(observed))
  }

  private static func warnings(
    _ observed: DemonstrationSummary.ObservedSpace, _ name: String
  ) -> [String] {
    var warnings = observed.outlying.map { $0.text(of: name) }
    if let lengths = QuaternionLengths(observed.lengths ?? []), !lengths.areOne {
      warnings.append(
        "a unit quaternion by its name, but \(lengths.words); --quaternion \(name).0-3 learns its"
          + " direction alone")
    }
    return warnings
  }

  private static func ranges(_ observed: DemonstrationSummary.ObservedSpace) -> [Range] {
    let components = observed.space.components
    guard !components.isEmpty, observed.low.count <= mostRanges else {
      guard let low = observed.low.min(), let high = observed.high.max() else { return [] }
      return [Range(name: "all", low: low, high: high)]
    }
    return observed.low.indices.map { index in
      let known = index < components.count ? components[index].name : ""
      return Range(
        name: known.isEmpty ? "\(index)" : known, low: observed.low[index],
        high: observed.high[index])
    }
  }

  /// How numbers are scaled where nothing else is asked for.
  private static func scaling(_ observed: DemonstrationSummary.ObservedSpace) -> String {
    let components = observed.space.components
    let angles = components.indices.filter { components[$0].isAngle }
    let ends = zip(observed.low, observed.high).map { SIMD2($0, $1) }
    let isWide = StepColumns.isWide(observed.storedType)
    let isFloat = observed.fitsFloat && ends.allSatisfy { ScaleLearner.isHeld($0, isWide: isWide) }
    let arithmetic: FeatureScale.Arithmetic = isFloat ? .float : .double
    let constant = ends.indices.count { index in
      !angles.contains(index) && FeatureScale.Map(ends[index], arithmetic).isConstant
    }
    var words = "scaled by \(Normalisation.range.rawValue)"
    if !isFloat { words += " in 64 bits" }
    if constant > 0 { words += ", \(constant) constant" }
    if !angles.isEmpty {
      words += ", \(angles.map { "[\($0)]" }.joined(separator: ", ")) by cosine and sine"
    }
    return words
  }
}

extension DemonstrationSummary.ObservedSpace {
  /// What tells pictures from other numbers.
  fileprivate var values: PictureShape.Values? {
    guard let low = low.min(), let high = high.max() else { return nil }
    return PictureShape.Values(low: low, high: high, areWhole: areWhole)
  }
}

extension OutlyingValues {
  /// What is odd about them, and what helps.
  package func text(of name: String) -> String {
    let few = count == 1 ? "one value makes" : "\(count) values make"
    return "\(few) more than half of the range of \(name).\(index): \(short(value)) at step"
      + " \(step) of \(episode); the others lie in \(short(others[0])) to \(short(others[1]));"
      + " --normalisation \(name)=quantile keeps them apart"
  }
}
