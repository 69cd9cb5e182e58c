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
