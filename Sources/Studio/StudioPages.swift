import Foundation
package import Logging
package import Web

/// The studio's pages: their files, and what stands behind them.
public struct StudioPages: Sendable {
  private static let parts = [
    "style.css", "connection.js", "scene.js", "steering.js", "plot.js", "latents.js", "marks.js",
  ]

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

  /// A server of the pages; it listens once it is started.
  ///
  /// - Parameters:
  ///   - access: Who may ask, and where it listens.
  ///   - logger: Is told what happens.
  /// - Returns: The server.
  /// - Throws: ``/Web/WebServerError/missingPage(_:)``.
  package func server(access: AccessRule, logger: Logger = .silent) throws -> WebServer {
    try WebServer(
      routes: routes(), access: access,
      missing: .page(PageShell.missing.html(), suffix: "html", status: 404), logger: logger)
  }

  private func routes() throws -> [Route] {
    var routes = [Self.route("/", try PageShell.index.html(), "html")]
    for room in PageShell.rooms {
      routes.append(Self.route("/\(room.name)", try room.html(), "html"))
    }
    for name in Self.parts + PageShell.rooms.map({ "\($0.name).js" }) {
      let suffix = String(name.split(separator: ".").last ?? "")
      routes.append(Self.route("/\(name)", try PageShell.file(name), suffix))
    }
    return routes + browser.routes(first: firstFile) + [
      .live("/record/socket", recording), .live("/watch/socket", watching),
    ]
  }

  private static func route(_ path: String, _ body: Data, _ suffix: String) -> Route {
    let response = WebResponse.page(body, suffix: suffix)
    return .get(path) { _ in response }
  }

  /// Ends what stands behind the pages; a recording gets its last form.
  ///
  /// - Throws: `DemonstrationError` where that cannot be written.
  public func stop() throws {
    defer { try? watching.stop() }
    try recording.stop()
  }
}
