extension FeatureScale {
  /// What is not plain about it, for people: nil for numbers that are scaled by their range, in the
  /// bits that they are stored in.
  public var words: String? {
    var words: [String] = []
    func list(_ what: String, _ indices: [Int]) {
      if !indices.isEmpty {
        words.append("\(what) \(indices.map(String.init).joined(separator: ", "))")
      }
    }
    if normalisation != .range { words.append("scaled by \(normalisation.rawValue)") }
    if arithmetic == .double { words.append("scaled in 64 bits") }
    list("angles", angles)
    list("of them in degrees", degrees)
    list("quaternions from", quaternions.map(\.start))
    list("discrete", discrete.map(\.index))
    return words.isEmpty ? nil : words.joined(separator: "; ")
  }

  /// What its values are.
  package var meaning: ValueMeaning {
    ValueMeaning(
      angles: angles, degrees: degrees, turns: turns, quaternions: quaternions, discrete: discrete)
  }
}
