/// What can be wrong with what an environment is given.
public enum EnvironmentError: Error, CustomStringConvertible, Sendable {
  /// A name that nothing has, with the names that exist.
  case unknownName(kind: String, name: String, known: [String])
  /// An option outside its range.
  case optionOutOfRange(name: String, value: Double, low: Double, high: Double)
  /// An option that counts something, with a fraction.
  case optionNotWhole(name: String, value: Double)
  /// An array of another length than asked.
  case wrongLength(what: String, expected: Int, actual: Int)
  /// A NaN or an infinity.
  case notFinite(what: String, index: Int)
  /// A state that this environment cannot be in.
  case impossibleState(reason: String)

  /// What is wrong and what would be right.
  public var description: String {
    switch self {
    case .unknownName(let kind, let name, let known):
      let nearest = nearestName(to: name, among: known).map { " (did you mean '\($0)'?)" } ?? ""
      return "unknown \(kind) '\(name)'\(nearest); known: \(known.joined(separator: ", "))"
    case .optionOutOfRange(let name, let value, let low, let high):
      return "option '\(name)' is \(value), but must lie in \(low)…\(high)"
    case .optionNotWhole(let name, let value):
      return "option '\(name)' is \(value), but must be a whole number"
    case .wrongLength(let what, let expected, let actual):
      return "\(what) has \(actual) values, expected \(expected)"
    case .notFinite(let what, let index):
      return "\(what) has a NaN or infinite value at index \(index)"
    case .impossibleState(let reason):
      return "this is no state of the environment: \(reason)"
    }
  }
}

/// The known name with the smallest edit distance to `name`, if any is near enough to be meant.
///
/// - Parameters:
///   - name: What was typed.
///   - known: What exists.
/// - Returns: The nearest name within an edit distance of 1 + a third of its length, or nil.
public func nearestName(to name: String, among known: [String]) -> String? {
  let best = known.map { ($0, editDistance(name.lowercased(), $0.lowercased())) }
    .min { $0.1 < $1.1 }
  guard let (candidate, distance) = best, distance <= 1 + candidate.count / 3 else { return nil }
  return candidate
}

/// Levenshtein's distance: insertions, deletions and substitutions, one row at a time.
private func editDistance(_ a: String, _ b: String) -> Int {
  let b = Array(b)
  var row = Array(0...b.count)
  for (i, x) in a.enumerated() {
    var diagonal = row[0]
    row[0] = i + 1
    for (j, y) in b.enumerated() {
      let substitution = diagonal + (x == y ? 0 : 1)
      diagonal = row[j + 1]
      row[j + 1] = min(substitution, row[j] + 1, row[j + 1] + 1)
    }
  }
  return row[b.count]
}
