package import Foundation

extension WebResponse {
  /// A page, or a file that pages load, with the header fields that protect it.
  ///
  /// - Parameters:
  ///   - body: Its bytes.
  ///   - suffix: What its name ends in, such as `html`.
  ///   - status: The status.
  /// - Returns: The answer.
  package static func page(_ body: Data, suffix: String, status: Int = 200) -> WebResponse {
    WebResponse(status: status, contentType: type(of: suffix), headers: protection, body: body)
  }

  /// Nothing comes from elsewhere, nothing is told elsewhere, no other page frames it.
  private static let protection = [
    "Content-Security-Policy":
      "default-src 'self'; img-src 'self' data: blob:; frame-ancestors 'none'; base-uri 'none'; "
      + "form-action 'self'; object-src 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
  ]

  private static func type(of suffix: String) -> String {
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
