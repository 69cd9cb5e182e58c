import Imitation

extension ReadingNotes {
  /// What is looked at, what is left out and what looks odd, a line each.
  var lines: [String] {
    spaces.map { "  \($0.name == "actions" ? "learns" : "looks at") \($0.name): \($0.words)" }
      + leftOut.map { "  leaves out \($0.name): \($0.reason)" }
      + warnings.map { "  warning: \($0)" }
  }
}
