/// The three pages on one server: their files, and what stands behind them.
public struct StudioPages: Sendable {
  private let recording: LiveStation
  private let watching: LiveStation
  private let browser: DemonstrationBrowser
  private let firstFile: String?

  /// Takes what stands behind the pages.
  ///
  /// - Parameters:
  ///   - recording: Behind the recording page.
  ///   - browser: Behind the browsing page.
  ///   - firstFile: What it shows first, relative to its folder.
  ///   - watching: Behind the watching page.
  public init(
    recording: LiveStation, browser: DemonstrationBrowser, firstFile: String? = nil,
    watching: LiveStation
  ) {
    self.recording = recording
    self.browser = browser
    self.firstFile = firstFile
    self.watching = watching
  }

  /// What a server is to serve.
  ///
  /// - Returns: The routes.
  /// - Throws: ``WebServerError/missingPage(_:)``.
  public func routes() throws -> [Route] {
    let pages =
      try [
        .page("/", "index.html"), .page("/record", "record.html"), .page("/browse", "browse.html"),
        .page("/watch", "watch.html"),
      ]
      + [
        "style.css", "connection.js", "scene.js", "steering.js", "plot.js", "record.js",
        "browse.js", "watch.js",
      ].map { try Route.page("/\($0)", $0) }
    return pages + browser.routes(first: firstFile) + [
      .live("/record/socket", recording), .live("/watch/socket", watching),
    ]
  }

  /// Ends what stands behind the pages; a recording gets its last form.
  public func stop() {
    recording.stop()
    watching.stop()
  }
}
