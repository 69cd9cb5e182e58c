import EnvironmentInterface

extension BenchmarkResults {
  /// The tables as Markdown, the best value of each column in bold, with the protocol beneath.
  public func markdown() -> String {
    var text = ""
    for table in BenchmarkTable.tables(of: self) {
      text += "### \(table.environment)\n\n"
      let titles = table.settingTitles + table.metrics.map(\.heading)
      text += "| |" + titles.map { " \($0) |" }.joined() + "\n"
      text += "|---|" + titles.map { _ in "---:|" }.joined() + "\n"
      for ((label, values), row) in zip(zip(table.labels, table.values), table.cells) {
        text += "| \(label.escaped) |" + values.map { " \($0.escaped) |" }.joined()
        text += row.map { " \($0.markdown) |" }.joined() + "\n"
      }
      text += "\n"
    }
    text += "Mean ± standard error over training seeds; bold is the best of a column, the "
    text += "demonstrations (what is imitated) apart.\n"
    if BenchmarkTable.tables(of: self).contains(where: \.hasLevel) {
      text +=
        "≈: cannot be told from the best; Student's 95 % interval of the differences, seed by seed, "
      text += "holds 0.\n"
    }
    text += "\n"
    for remark in remarks { text += "- **\(remark.escaped)**\n" }
    for entry in `protocol`.entries { text += "- **\(entry.name)**: \(entry.value.escaped)\n" }
    for metric in metrics {
      text += "- **\(metric.title)** (`\(metric.key)`): \(metric.definition.escaped)\n"
    }
    return text
  }
}

extension BenchmarkTable.Cell {
  fileprivate var markdown: String { isBest ? "**\(text)**" : isLevel ? "\(text) ≈" : text }
}

extension String {
  /// The text with the characters that would end a cell or start an emphasis made harmless.
  fileprivate var escaped: String {
    reduce(into: "") { text, character in
      if character == "|" || character == "*" { text.append("\\") }
      text.append(character)
    }
  }
}
