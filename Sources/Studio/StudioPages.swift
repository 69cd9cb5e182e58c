import Foundation
package import Web

/// The studio's pages: their files, and what stands behind them.
public struct StudioPages: Sendable {
  /// A page as the shell shows it: what its files are called, and its heading.
  private struct Sheet {
    let name: String
    let title: String
  }

  private static let sheets = [
    Sheet(name: "record", title: "Record demonstrations"),
    Sheet(name: "browse", title: "Browse demonstrations"),
    Sheet(name: "watch", title: "Watch a policy"),
  ]
  private static let parts = [
    "style.css", "connection.js", "scene.js", "steering.js", "plot.js", "marks.js",
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
  /// - Parameter access: Who may ask, and where it listens.
  /// - Returns: The server.
  /// - Throws: ``/Web/WebServerError/missingPage(_:)``.
  package func server(access: AccessRule) throws -> WebServer {
    let missing = try PageShell.page("missing", title: "Nothing here", isEntered: false)
    return WebServer(
      routes: try routes(), access: access,
      missing: .page(missing, suffix: "html", status: 404))
  }

  private func routes() throws -> [Route] {
    var routes = [
      Self.route("/", try PageShell.page("index", title: "dpolicy studio"), "html")
    ]
    for sheet in Self.sheets {
      let page = try PageShell.page(sheet.name, title: sheet.title)
      routes.append(Self.route("/\(sheet.name)", page, "html"))
    }
    for name in Self.parts + Self.sheets.map({ "\($0.name).js" }) {
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
  public func stop() {
    recording.stop()
    watching.stop()
  }
}
