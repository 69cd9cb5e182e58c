import Foundation
import Web

/// The one shell around all pages: head, bar and heading stand in `shell.html` alone.
enum PageShell {
  /// A page in the shell.
  ///
  /// - Parameters:
  ///   - name: The page's name: its body is `NAME.html`, its script, if it has one, `NAME.js`.
  ///   - title: Its heading.
  ///   - isEntered: Whether it is a page of the studio; one that stands for any path is none, and
  ///     finds what it loads from the root.
  /// - Returns: The page's bytes.
  /// - Throws: ``/Web/WebServerError/missingPage(_:)``.
  static func page(_ name: String, title: String, isEntered: Bool = true) throws -> Data {
    let hasScript = isEntered && name != "index"
    let root = isEntered ? "" : "/"
    let fields = [
      "title": title == "dpolicy studio" ? title : "\(title) · dpolicy studio",
      "heading": title, "root": root, "home": isEntered ? "./" : "/",
      "script": hasScript ? #"<script type="module" src="\#(name).js"></script>"# : "",
      "state": hasScript ? #"<span class="state" id="state" role="status">connecting</span>"# : "",
      "current-\(name)": #" aria-current="page""#,
      "body": String(decoding: try file("\(name).html"), as: UTF8.self),
    ]
    var page = String(decoding: try file("shell.html"), as: UTF8.self)
    for (field, value) in fields where field != "body" {
      page = page.replacing("{\(field)}", with: value)
    }
    for other in ["record", "browse", "watch"] {
      page = page.replacing("{current-\(other)}", with: "")
    }
    return Data(page.replacing("{body}", with: fields["body"] ?? "").utf8)
  }

  /// A file of the package's `Pages` folder.
  ///
  /// - Parameter name: Its name, such as `style.css`.
  /// - Returns: Its bytes.
  /// - Throws: ``/Web/WebServerError/missingPage(_:)``.
  static func file(_ name: String) throws -> Data {
    let url = Bundle.module.bundleURL.appendingPathComponent("Pages/\(name)")
    guard let body = try? Data(contentsOf: url) else { throw WebServerError.missingPage(name) }
    return body
  }
}
