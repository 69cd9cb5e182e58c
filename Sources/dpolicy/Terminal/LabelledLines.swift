/// Labels with texts beside them, in columns, no wider than a terminal of 80 columns.
struct LabelledLines {
  /// The columns of a line.
  static let width = 80
  /// Labels that are longer stand in a line of their own.
  private static let longestLabel = 22

  private var items: [(label: String, text: String)] = []

  /// Adds a text; without a label it stands below the one before.
  mutating func add(_ label: String, _ text: String) { items.append((label, text)) }

  /// The lines.
  var lines: [String] {
    let labels = items.map(\.label.count).filter { $0 <= Self.longestLabel }
    let indent = 2 + (labels.max() ?? 0) + 2
    return items.flatMap { label, text -> [String] in
      var lines = Self.wrapped(text, indent: indent)
      if label.isEmpty { return lines }
      guard 2 + label.count + 1 < indent else { return ["  \(label)"] + lines }
      lines[0] = "  \(label)" + lines[0].dropFirst(2 + label.count)
      return lines
    }
  }

  /// A text in lines that begin with spaces; a word that is longer than a line is not broken.
  static func wrapped(_ text: String, indent: Int, first: Int? = nil) -> [String] {
    var lines: [String] = []
    var line = String(repeating: " ", count: first ?? indent)
    var isEmpty = true
    for word in text.split(separator: " ", omittingEmptySubsequences: false) {
      if !isEmpty, line.count + 1 + word.count > width {
        lines.append(line)
        (line, isEmpty) = (String(repeating: " ", count: indent), true)
      }
      line += isEmpty ? word : " \(word)"
      isEmpty = false
    }
    return lines + [line]
  }
}
