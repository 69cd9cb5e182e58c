import EnvironmentInterface

extension BenchmarkResults {
  /// All rows as one table of comma-separated values (RFC 4180, lines end with CR LF).
  ///
  /// Each swept setting has a column under its path. Each metric has a column of means under its
  /// key, one of standard errors under `<key>_standard_error`, and two of the ends of the interval
  /// under `<key>_low` and `<key>_high`; a value that is not there is empty. The protocol follows
  /// as lines whose first field begins with `#`.
  public func csv() -> String {
    let settings = Set(rows.flatMap(\.variant.values.keys)).sorted()
    var lines: [[String]] = [
      ["environment", "method", "backbone"] + settings + ["seeds"]
        + metrics.flatMap { metric in
          ["", "_standard_error", "_low", "_high"].map { metric.key + $0 }
        }
    ]
    for row in rows {
      lines.append(
        [row.environment, row.method, row.backbone]
          + settings.map(row.variant.text) + ["\(row.seeds)"]
          + metrics.flatMap { metric -> [String] in
            let summary = row.metrics[metric.key]
            return [
              summary.map { "\($0.mean)" } ?? "",
              summary?.standardError.map { "\($0)" } ?? "",
              summary?.interval.map { "\($0.low)" } ?? "",
              summary?.interval.map { "\($0.high)" } ?? "",
            ]
          })
    }
    lines += remarks.map { ["# \($0)"] }
    lines += `protocol`.entries.map { ["# \($0.name)", $0.value] }
    lines += metrics.map { ["# \($0.key)", $0.definition] }
    return lines.map { $0.map(\.csvField).joined(separator: ",") + "\r\n" }.joined()
  }
}

extension String {
  /// The text as one field, in quotes where it needs them.
  fileprivate var csvField: String {
    // A line break of CR LF is one character in Swift, so scalars are looked at.
    guard unicodeScalars.contains(where: { ",\"\r\n".unicodeScalars.contains($0) }) else {
      return self
    }
    return "\"" + split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"")
      + "\""
  }
}
