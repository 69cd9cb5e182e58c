import Demonstrations
import Imitation

extension DemonstrationSummary {
  /// The summary for people.
  var text: String {
    let title =
      "\(path): \(counted(episodes, "episode")), \(counted(steps, "step")), \(byteText(bytes))"
    return ([title] + facts.lines + [""] + keys.lines).joined(separator: "\n")
  }

  private var facts: LabelledLines {
    var lines = LabelledLines()
    if journalEpisodes > 0 {
      lines.add("journal", "holds \(journalEpisodes) of the episodes, beside the file")
    }
    if let plan, plan.episodes > episodes {
      lines.add(
        "a part",
        "\(episodes) of \(counted(plan.episodes, "episode")) of 'dpolicy \(plan.command)';"
          + " the same command continues")
    }
    for file in setAside { lines.add("damaged", "set aside: \(file)") }
    let rate = controlRate.flatMap { $0 > 0 ? ", \(shortNumber($0)) decisions a second" : nil }
    lines.add("environment", (environment ?? "not named in the file") + (rate ?? ""))
    if let lengths {
      lines.add(
        "lengths",
        lengths.minimum == lengths.maximum
          ? "\(counted(lengths.minimum, "step")) each"
          : "\(lengths.minimum) to \(lengths.maximum) steps, half of the episodes at most"
            + " \(shortNumber(lengths.median))")
    }
    if let successes { lines.add("successful", "\(successes) of \(episodes)") }
    for (label, counts) in [
      ("recorded by", recordedBy), ("masks", masks), ("behaviour", behaviours),
    ] {
      let width = counts.values.map { "\($0)".count }.max() ?? 0
      for (index, entry) in counts.sorted(by: { $0.key < $1.key }).enumerated() {
        lines.add(index == 0 ? label : "", "\(padded("\(entry.value)", width)) × \(entry.key)")
      }
    }
    if let stateWidth { lines.add("states", "\(stateWidth) values, to restore the environment") }
    lines.add("SHA-256", digest)
    return lines
  }

  /// What can be learned from, key by key.
  private var keys: LabelledLines {
    var lines = LabelledLines()
    for key in TrainingOutlook(self).keys {
      var words = key.words.isEmpty ? [] : [key.words]
      words.append(key.use.rawValue + (key.reason.map { ": \($0)" } ?? ""))
      if let scaling = key.scaling { words.append(scaling) }
      lines.add(key.name, words.joined(separator: "; "))
      for line in key.ranges.lines { lines.add("", line) }
      for warning in key.warnings { lines.add("", "warning: \(warning)") }
    }
    return lines
  }
}

extension [TrainingOutlook.Range] {
  /// A line for each, in columns.
  fileprivate var lines: [String] {
    let indices = enumerated().map {
      $1.name == "\($0)" ? "[\($0)]" : $1.name == "all" ? "all" : "[\($0)] \($1.name)"
    }
    let texts = map { [shortNumber($0.low), shortNumber($0.high)] }
    let widths = (0...1).map { column in texts.map { $0[column].count }.max() ?? 0 }
    let longest = indices.map(\.count).max() ?? 0
    return zip(indices, texts).map { name, ends in
      let label = name + String(repeating: " ", count: longest - name.count)
      return "\(label)  \(padded(ends[0], widths[0])) to \(padded(ends[1], widths[1]))"
    }
  }
}

/// A text with spaces before it, so that it is as wide as others.
private func padded(_ text: String, _ width: Int) -> String {
  String(repeating: " ", count: max(0, width - text.count)) + text
}
