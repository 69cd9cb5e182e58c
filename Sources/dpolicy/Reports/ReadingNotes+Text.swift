import Imitation

extension ReadingNotes {
  /// What is looked at, what is left out and what looks odd, no line wider than a terminal.
  var lines: [String] {
    var lines = LabelledLines()
    for space in spaces {
      lines.add(space.name == "actions" ? "learns" : "looks at", "\(space.name): \(space.words)")
    }
    for part in leftOut { lines.add("leaves out", "\(part.name): \(part.reason)") }
    for warning in warnings { lines.add("warning", warning) }
    return lines.lines
  }
}
