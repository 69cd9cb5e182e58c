import Drawing
import EnvironmentInterface
import Foundation
import Imitation

extension BenchmarkReport {
  /// The page.
  public func html() -> String {
    let names = results.environmentNames
    let title = "Benchmark: \(names.joined(separator: ", "))"
    let links =
      names.map { ("environment-\($0)", $0) }
      + [("protocol", "Protocol"), ("metrics", "Metrics"), ("configuration", "Configuration")]
    let navigation = links.map { anchor, text in
      "<a href=\"#\(anchor.escapedForMarkup)\">\(text.escapedForMarkup)</a>"
    }
    let sections = BenchmarkTable.tables(of: results).map(section)
    return """
      <!doctype html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <title>\(title.escapedForMarkup)</title>
      <style>
      \(ReportPage.style)
      </style>
      </head>
      <body>
      <header>
      <h1>\(title.escapedForMarkup)</h1>
      <p class="summary">\(summary.escapedForMarkup)</p>
      <nav>\(navigation.joined(separator: " "))</nav>
      </header>
      <main>
      \(missing)\(sections.joined())\(protocolSection)\(metricsSection)
      <section id="configuration">
      <h2>Configuration</h2>
      <pre>\(configurationText.escapedForMarkup)</pre>
      </section>
      </main>
      <script>
      \(ReportPage.script)
      </script>
      </body>
      </html>

      """
  }

  /// When, where and with what.
  private var summary: String {
    let stated = Dictionary(
      results.protocol.entries.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
    let version = stated["package version"].map { "swift-diffusion-policy \($0)" }
    return [version, stated["date"], stated["machine"]].compactMap { $0 }.joined(separator: " · ")
  }

  /// What the numbers lack.
  private var missing: String {
    let remarks = results.remarks.map { "<li>\($0.escapedForMarkup)</li>" }
    return remarks.isEmpty ? "" : "<ul class=\"missing\">\(remarks.joined())</ul>\n"
  }

  private func section(_ table: BenchmarkTable) -> String {
    let own = figures.filter { $0.environment == table.environment }
    let pictures = own.enumerated().map { index, figure in
      """
      <figure id="\(figure.name.escapedForMarkup)">
      \(svg(of: figure, identifier: "\(table.environment)-\(index)"))
      <figcaption>\(figure.caption.escapedForMarkup)</figcaption>
      </figure>

      """
    }
    let name = table.environment.escapedForMarkup
    return """
      <section id="environment-\(name)">
      <h2>\(name)</h2>
      \(html(of: table))\(pictures.joined())</section>

      """
  }

  private func svg(of figure: ReportFigure, identifier: String) -> String {
    figure.canvas.vectors?.svg(
      identifier: identifier.asFileName, label: figure.caption,
      properties: [
        Palette.ink: "ink", Palette.faint: "faint", Palette.grid: "grid", Palette.frame: "frame",
        Palette.paper: "paper", Palette.series[0]: "blue",
      ]) ?? ""
  }

  // MARK: Tables

  private func html(of table: BenchmarkTable) -> String {
    let heads = ["Method", "Network"] + table.settingTitles
    let rows = results.rows.filter { $0.environment == table.environment }
    var body = ""
    var foot = ""
    for (index, row) in rows.enumerated() {
      let line = self.line(of: row, in: table, index: index)
      if row.isDemonstrations { foot += line } else { body += line }
    }
    let columns =
      heads.map { "<th scope=\"col\" class=\"words\">\(sorter($0, ""))</th>" }
      + table.metrics.map { metric in
        "<th scope=\"col\" title=\"\(metric.definition.escapedForMarkup)\">"
          + sorter(metric.title, metric.direction.arrow) + "</th>"
      }
    return """
      <div class="table"><table>
      <thead><tr>\(columns.joined())</tr></thead>
      <tbody>
      \(body)</tbody>
      <tfoot>
      \(foot)</tfoot>
      </table></div>
      <p class="note">Means with their standard errors over training seeds. Arrows point to the \
      better side, and the best of a column is marked; the demonstrations, which are what is \
      imitated, stand apart. A click on a heading sorts; the pointer on a mean shows its interval \
      and the seeds.</p>

      """
  }

  private func sorter(_ title: String, _ arrow: String) -> String {
    // A setting's path may be broken at its dots.
    let words = title.escapedForMarkup.split(separator: ".").joined(separator: ".<wbr>")
    return "<button type=\"button\">\(words)\(arrow.isEmpty ? "" : "&nbsp;\(arrow)")</button>"
  }

  private func line(of row: BenchmarkRow, in table: BenchmarkTable, index: Int) -> String {
    let words = [row.method, row.backbone == "-" ? "" : row.backbone] + table.values[index]
    let heads = words.enumerated().map { column, text in
      column == 0
        ? "<th scope=\"row\" class=\"words\">\(text.escapedForMarkup)</th>"
        : "<td class=\"words\">\(text.escapedForMarkup)</td>"
    }
    let cells = zip(table.metrics, table.cells[index]).map { metric, cell in
      guard let summary = row.metrics[metric.key] else { return "<td>–</td>" }
      let parts = cell.text.components(separatedBy: " ± ")
      var text = parts[0].escapedForMarkup
      if cell.isBest { text = "<b>\(text)</b>" }
      if parts.count > 1 { text += "<small>± \(parts[1])</small>" }
      let title = interval(summary, metric) + seeds(of: row, metric)
      return "<td data-value=\"\(summary.mean)\" title=\"\(title)\">\(text)</td>"
    }
    return "<tr>\((heads + cells).joined())</tr>\n"
  }

  /// Where the mean over all trainings may lie, before the values of the seeds.
  private func interval(_ summary: MetricSummary, _ metric: MetricDefinition) -> String {
    guard let interval = summary.interval else { return "" }
    let ends = [interval.low, interval.high].map {
      MetricSummary(mean: $0, standardError: nil).text(decimals: metric.decimals)
    }
    return "95 % interval over trainings \(ends[0])…\(ends[1]); "
  }

  /// The values of the seeds, to be seen when the pointer rests on a mean.
  private func seeds(of row: BenchmarkRow, _ metric: MetricDefinition) -> String {
    cells.filter { report in
      report.cell.environment == row.environment && report.cell.method == row.method
        && report.cell.backbone == row.backbone && report.cell.variant == row.variant
    }.compactMap { report in
      report.metrics[metric.key].map { value in
        let text = MetricSummary(mean: value, standardError: nil).text(decimals: metric.decimals)
        return "seed \(report.cell.seed): \(text)"
      }
    }.joined(separator: ", ")
  }

  // MARK: Words

  /// The protocol's lines: circumstances first, then in alphabetical order, as files hold them.
  private var protocolSection: String {
    let first = ["command", "date", "machine", "package version", "seeds", "rollouts"]
    let rank = Dictionary(uniqueKeysWithValues: first.enumerated().map { ($1, $0) })
    let entries = results.protocol.entries.sorted {
      (rank[$0.name] ?? first.count, $0.name) < (rank[$1.name] ?? first.count, $1.name)
    }
    return definitions(
      "protocol", "Protocol", entries.map { ($0.name.escapedForMarkup, $0.value) })
  }

  private var metricsSection: String {
    definitions(
      "metrics", "Metrics",
      results.metrics.map { metric in
        (
          "\(metric.title.escapedForMarkup) <code>\(metric.key.escapedForMarkup)</code>",
          metric.definition
        )
      })
  }

  private func definitions(
    _ anchor: String, _ title: String, _ lines: [(name: String, text: String)]
  ) -> String {
    let items = lines.map { "<dt>\($0.name)</dt><dd>\($0.text.escapedForMarkup)</dd>\n" }
    return """

      <section id="\(anchor)">
      <h2>\(title)</h2>
      <dl>
      \(items.joined())</dl>
      </section>
      """
  }
}
