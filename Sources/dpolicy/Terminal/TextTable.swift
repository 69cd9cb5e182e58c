/// Rows of text in aligned columns.
struct TextTable {
  private var rows: [[String]] = []
  /// The columns whose text stands to the right, such as numbers.
  private let rightAligned: Set<Int>

  /// Creates a table with a heading.
  init(_ heading: [String], rightAligned: Set<Int> = []) {
    rows = [heading]
    self.rightAligned = rightAligned
  }

  /// Adds a row; as many cells as the heading has.
  mutating func append(_ row: [String]) { rows.append(row) }

  /// The table as text, two blanks between columns.
  var text: String {
    let columns = rows.map(\.count).max() ?? 0
    let widths = (0..<columns).map { column in
      rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
    }
    return rows.map { row in
      var line = row.enumerated().map { column, cell in
        let padding = String(repeating: " ", count: widths[column] - cell.count)
        return rightAligned.contains(column) ? padding + cell : cell + padding
      }.joined(separator: "  ")
      while line.last == " " { line.removeLast() }
      return line
    }.joined(separator: "\n")
  }
}
