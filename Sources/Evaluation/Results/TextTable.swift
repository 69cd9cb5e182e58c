/// Columns of text beneath titles: the first at the left, numbers at the right.
package struct TextTable {
  /// What stands above the columns.
  package var titles: [String]
  /// As many cells a row as there are titles.
  package var rows: [[String]]

  /// Creates a table.
  package init(titles: [String], rows: [[String]]) {
    self.titles = titles
    self.rows = rows
  }

  /// Lines that end with a newline each.
  package var text: String {
    let lines = [titles] + rows
    let widths = titles.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
    let texts = lines.map { cells in
      cells.indices.map { cells[$0].padded(to: widths[$0], onTheLeft: $0 > 0) }
        .joined(separator: "  ") + "\n"
    }
    let rule = String(repeating: "─", count: widths.reduce(-2) { $0 + $1 + 2 }) + "\n"
    return texts[0] + rule + texts.dropFirst().joined()
  }
}
