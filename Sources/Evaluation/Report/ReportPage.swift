/// The looks of a report, and what sorts its tables.
enum ReportPage {
  /// The style sheet: light and dark as the reader has chosen, light on paper.
  static let style = """
    :root { --ink: #21262f; --faint: #5f6773; --grid: #e4e7eb; --frame: #c7ccd3; --paper: #fff;
      --page: #fafbfc; --accent: #00548f; --best: #eaf3fb; --warning: #b3261e;
      --blue: #0073b3; }
    @media screen and (prefers-color-scheme: dark) {
      :root { --ink: #e4e7ec; --faint: #a0a8b4; --grid: #333a44; --frame: #4a525e; --paper: #1b2028;
        --page: #14181e; --accent: #7cb8ec; --best: #1f3347; --warning: #ff9c94;
        --blue: #4ba6e3; } }
    * { box-sizing: border-box; }
    body { margin: 0; background: var(--page); color: var(--ink);
      font: 16px/1.5 system-ui, -apple-system, "Segoe UI", "Helvetica Neue", Arial, sans-serif; }
    header, main { max-width: 1240px; margin: 0 auto; padding: 0 24px; }
    header { padding-top: 36px; }
    h1 { font-size: 30px; line-height: 1.2; margin: 0 0 6px; letter-spacing: -0.01em; }
    h2 { font-size: 22px; margin: 44px 0 12px; padding-bottom: 6px;
      border-bottom: 1px solid var(--frame); }
    .summary, .note, figcaption { color: var(--faint); }
    .summary { margin: 0 0 14px; }
    .note, figcaption { font-size: 14px; max-width: 86ch; }
    nav a { margin-right: 18px; }
    a { color: var(--accent); text-decoration: none; }
    a:hover { text-decoration: underline; }
    .missing { color: var(--warning); font-weight: 600; }
    .table { overflow-x: auto; background: var(--paper); border: 1px solid var(--grid);
      border-radius: 8px; }
    table { border-collapse: collapse; width: 100%; font-size: 14px;
      font-variant-numeric: tabular-nums; }
    th, td { padding: 7px 10px; text-align: right; vertical-align: top; white-space: nowrap; }
    .words { text-align: left; }
    tbody tr { border-top: 1px solid var(--grid); }
    tbody tr:hover td, tbody tr:hover th { background: var(--page); }
    tfoot tr { border-top: 2px solid var(--frame); font-style: italic; }
    th[scope=row] { font-weight: 600; position: sticky; left: 0; background: var(--paper); }
    thead th { vertical-align: bottom; }
    thead button { all: unset; cursor: pointer; font-weight: 600; color: var(--faint);
      max-width: 8em; white-space: normal; }
    thead button:hover, thead button:focus-visible { color: var(--accent); }
    th[aria-sort] button { color: var(--ink); box-shadow: 0 2px 0 var(--accent); }
    td b { background: var(--best); padding: 1px 4px; margin: 0 -4px; border-radius: 4px; }
    td small { display: block; color: var(--faint); font-size: 12px; line-height: 1.3; }
    figure { margin: 26px 0; }
    .picture { display: block; max-width: 100%; height: auto; border: 1px solid var(--grid);
      border-radius: 8px; background: var(--paper); font-family: system-ui, -apple-system,
      "Segoe UI", "Helvetica Neue", Arial, sans-serif; }
    figcaption { margin-top: 8px; }
    dl { display: grid; grid-template-columns: minmax(150px, max-content) 1fr; gap: 6px 24px;
      margin: 0; font-size: 14px; }
    dt { font-weight: 600; max-width: 260px; }
    dt code { display: block; font-weight: 400; color: var(--faint); }
    dd { margin: 0; overflow-wrap: anywhere; max-width: 86ch; }
    code, pre { font: 13px/1.45 ui-monospace, "SF Mono", Menlo, Consolas, monospace; }
    pre { background: var(--paper); border: 1px solid var(--grid); border-radius: 8px;
      padding: 14px 18px; overflow-x: auto; }
    main { padding-bottom: 60px; }
    @media (max-width: 640px) { dl { grid-template-columns: 1fr; gap: 0; } dd { margin-bottom: 10px; }
      header, main { padding-left: 14px; padding-right: 14px; } }
    @media print {
      @page { size: A4 landscape; margin: 12mm; }
      body { background: #fff; font-size: 10pt; }
      nav { display: none; }
      header, main { max-width: none; padding: 0; }
      .table { overflow: visible; border: 0; }
      table { font-size: 7.5pt; }
      th, td { padding: 2pt 4pt; }
      td small { font-size: 6.5pt; }
      h2 { break-after: avoid; }
      figure, tr, dd { break-inside: avoid; }
      .picture { border: 0; max-height: 165mm; }
      pre { white-space: pre-wrap; font-size: 8pt; }
    }
    """

  /// Sorts a table by the values or words of the column whose heading is clicked.
  ///
  /// Once more turns the order round; rows without a value stay last.
  static let script = """
    for (const table of document.querySelectorAll("table")) {
      const heads = [...table.tHead.rows[0].cells], body = table.tBodies[0];
      heads.forEach((head, column) => head.querySelector("button").addEventListener("click", () => {
        const down = head.getAttribute("aria-sort") === "ascending";
        heads.forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        const sign = down ? -1 : 1, words = head.classList.contains("words");
        const key = (row) => words ? row.cells[column].textContent
          : parseFloat(row.cells[column].dataset.value);
        const order = (a, b) => words ? sign * a.localeCompare(b, "en", { numeric: true })
          : isNaN(a) || isNaN(b) ? isNaN(a) - isNaN(b) : sign * (a - b);
        [...body.rows].sort((a, b) => order(key(a), key(b))).forEach((row) => body.append(row));
      }));
    }
    """
}
