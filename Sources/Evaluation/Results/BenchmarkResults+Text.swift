import EnvironmentInterface

extension BenchmarkResults {
  /// The tables for a terminal, with the protocol beneath.
  ///
  /// The best value of each column is marked with `*`, one that cannot be told from it with `≈`;
  /// the demonstrations, being what is imitated, take no part in that.
  ///
  /// Tables wider than the terminal are cut into several, one below another.
  ///
  /// - Parameter width: The columns of characters that a line may take.
  /// - Returns: Lines that end with a newline each.
  public func text(width: Int = 100) -> String {
    let tables = BenchmarkTable.tables(of: self).flatMap { $0.textBlocks(width: width) }
    let remarks = remarks.map { $0 + "\n" }.joined()
    return (tables + (remarks.isEmpty ? [] : [remarks]) + [protocolText(width: width)])
      .joined(separator: "\n")
  }
}

extension BenchmarkTable {
  /// The table cut into blocks of columns that fit the width.
  fileprivate func textBlocks(width: Int) -> [String] {
    let heads = heads
    let labelWidth = heads.map(\.count).max() ?? 0
    let widths = metrics.indices.map { column in
      // One place more than the text, for the mark.
      1 + max(metrics[column].heading.count, cells.map { $0[column].text.count }.max() ?? 0)
    }
    var blocks: [String] = []
    var start = 0
    while start < metrics.count {
      var end = start + 1
      var total = labelWidth + 2 + widths[start]
      while end < metrics.count, total + 2 + widths[end] <= width {
        total += 2 + widths[end]
        end += 1
      }
      blocks.append(
        block(columns: start..<end, widths: widths, heads: heads, labelWidth: labelWidth))
      start = end
    }
    return blocks
  }

  /// What stands at the left of each line, the title's first: who acted, and the settings.
  private var heads: [String] {
    let columns =
      [[environment] + labels]
      + settings.indices.map { index in [settingTitles[index]] + values.map { $0[index] } }
    let widths = columns.map { $0.map(\.count).max() ?? 0 }
    return (0...labels.count).map { line in
      columns.indices.map { column in
        columns[column][line].padded(to: widths[column], onTheLeft: column > 0)
      }.joined(separator: "  ")
    }
  }

  private func block(
    columns: Range<Int>, widths: [Int], heads: [String], labelWidth: Int
  ) -> String {
    func line(_ label: String, _ texts: [String]) -> String {
      let cells = zip(columns, texts).map { "  " + $1.padded(to: widths[$0], onTheLeft: true) }
      var line = label.padded(to: labelWidth, onTheLeft: false) + cells.joined()
      while line.last == " " { line.removeLast() }
      return line + "\n"
    }
    var block = line(heads[0], columns.map { metrics[$0].heading + " " })
    let rule = labelWidth + columns.reduce(0) { $0 + 2 + widths[$1] }
    block += String(repeating: "─", count: rule) + "\n"
    for (head, row) in zip(heads.dropFirst(), cells) {
      block += line(
        head, columns.map { row[$0].text + (row[$0].isBest ? "*" : row[$0].isLevel ? "≈" : " ") })
    }
    return block
  }
}

extension BenchmarkResults {
  /// The protocol and the metrics' definitions as lines of text.
  fileprivate func protocolText(width: Int) -> String {
    let lines =
      `protocol`.entries.map { ($0.name, $0.value) } + metrics.map { ($0.title, $0.definition) }
    let nameWidth = lines.map(\.0.count).max() ?? 0
    return lines.map { name, value in
      let indent = String(repeating: " ", count: nameWidth + 2)
      let wrapped = value.wrapped(to: max(20, width - nameWidth - 2))
      return name.padded(to: nameWidth + 2, onTheLeft: false)
        + wrapped.joined(separator: "\n" + indent) + "\n"
    }.joined()
  }
}

extension String {
  /// The text with spaces before or after it.
  func padded(to width: Int, onTheLeft: Bool) -> String {
    let padding = String(repeating: " ", count: Swift.max(0, width - count))
    return onTheLeft ? padding + self : self + padding
  }

  /// The text in lines of at most `width` characters, broken at spaces.
  fileprivate func wrapped(to width: Int) -> [String] {
    var lines = [""]
    for word in split(separator: " ") {
      let line = lines[lines.count - 1]
      if line.isEmpty || line.count + 1 + word.count <= width {
        lines[lines.count - 1] = line.isEmpty ? String(word) : "\(line) \(word)"
      } else {
        lines.append(String(word))
      }
    }
    return lines
  }
}
