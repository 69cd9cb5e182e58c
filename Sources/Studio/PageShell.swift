package import Foundation
import Web

/// The one shell around all pages: head, bar and heading stand in `shell.html` alone.
package struct PageShell: Sendable {
  /// What a page's files are called: its body is `NAME.html`, its script, if it has one, `NAME.js`.
  package let name: String
  /// Its heading.
  package let title: String
  /// Whether it moves: it then has a script, which tells in the bar how the connection is.
  var hasScript = true
  /// Where it finds what it loads: beside it, or at the root where it stands for any path.
  var root = ""

  /// The pages that the bar leads to.
  package static let rooms = [
    PageShell(name: "record", title: "Record demonstrations"),
    PageShell(name: "browse", title: "Browse demonstrations"),
    PageShell(name: "watch", title: "Watch a policy"),
  ]
  /// The first page.
  package static let index = PageShell(name: "index", title: "dpolicy studio", hasScript: false)
  /// The page at a path where there is nothing.
  package static let missing = PageShell(
    name: "missing", title: "Nothing here", hasScript: false, root: "/")

  /// The page's bytes.
  ///
  /// - Returns: HTML.
  /// - Throws: ``/Web/WebServerError/missingPage(_:)``.
  package func html() throws -> Data {
    var fields = [
      "heading": title, "root": root, "home": root.isEmpty ? "./" : root,
      "title": title == Self.index.title ? title : "\(title) · \(Self.index.title)",
      "script": hasScript ? #"<script type="module" src="\#(name).js"></script>"# : "",
      "state": hasScript ? #"<span class="state" id="state" role="status">connecting</span>"# : "",
    ]
    for room in Self.rooms {
      fields["current-\(room.name)"] = room.name == name ? #" aria-current="page""# : ""
    }
    var page = String(decoding: try Self.file("shell.html"), as: UTF8.self)
    for (field, value) in fields { page = page.replacing("{\(field)}", with: value) }
    let body = String(decoding: try Self.file("\(name).html"), as: UTF8.self)
    return Data(page.replacing("{body}", with: body).utf8)
  }

  /// A file of the package's `Pages` folder.
  ///
  /// - Parameter name: Its name, such as `style.css`.
  /// - Returns: Its bytes.
  /// - Throws: ``/Web/WebServerError/missingPage(_:)``.
  package static func file(_ name: String) throws -> Data {
    guard let url = pages?.appendingPathComponent(name), let body = try? Data(contentsOf: url)
    else { throw WebServerError.missingPage(name) }
    return body
  }

  /// The folder of the pages.
  ///
  /// `Bundle.module` ends the program where a copied tool has left its resources behind: the folder
  /// is looked for first, beside the tool and where the package was built.
  private static let pages: URL? = {
    #if os(Linux)
      let folders = [
        Bundle.main.bundleURL
          .appendingPathComponent("swift-diffusion-policy_Studio.resources/Pages"),
        URL(fileURLWithPath: #filePath).deletingLastPathComponent()
          .appendingPathComponent("Pages"),
      ]
      return folders.first { FileManager.default.fileExists(atPath: $0.path) }
    #else
      return Bundle.module.bundleURL.appendingPathComponent("Pages")
    #endif
  }()
}
