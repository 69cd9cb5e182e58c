import Foundation
import Imitation

/// A file of the package's `Pages` folder.
struct Page: Sendable {
  let response: WebResponse

  /// Reads a file.
  ///
  /// - Parameter name: Its name, such as `record.html`.
  /// - Throws: ``WebServerError/missingPage(_:)``.
  init(named name: String) throws {
    let url = Bundle.module.bundleURL.appendingPathComponent("Pages/\(name)")
    guard let body = try? Data(contentsOf: url) else { throw WebServerError.missingPage(name) }
    response = WebResponse(
      contentType: Self.contentType(of: url.pathExtension), headers: Self.headers, body: body)
  }

  /// Nothing comes from elsewhere, nothing is told elsewhere, no other page frames it.
  private static let headers = [
    "Content-Security-Policy":
      "default-src 'self'; img-src 'self' data: blob:; frame-ancestors 'none'; base-uri 'none'; "
      + "form-action 'self'; object-src 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
  ]

  private static func contentType(of suffix: String) -> String {
    switch suffix {
    case "html": "text/html; charset=utf-8"
    case "css": "text/css; charset=utf-8"
    case "js", "mjs": "text/javascript; charset=utf-8"
    case "svg": "image/svg+xml"
    case "png": "image/png"
    case "json": "application/json"
    default: "application/octet-stream"
    }
  }
}
