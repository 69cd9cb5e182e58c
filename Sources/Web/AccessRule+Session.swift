import FlyingSocks
import Foundation

extension AccessRule {
  /// A rule while a server runs: it judges requests, and knows the cookie that it hands out.
  struct Session: Sendable {
    private let rule: AccessRule
    /// What browsers show instead of the token; it says nothing about the token and ends with the
    /// server.
    private let secret: String

    fileprivate init(_ rule: AccessRule) throws {
      self.rule = rule
      var bytes = [UInt8](repeating: 0, count: 32)
      guard getentropy(&bytes, bytes.count) == 0 else {
        throw WebServerError.cannotListen(
          address: rule.host, reason: "the system provides no random bytes")
      }
      secret = bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }
  }

  /// Begins to judge.
  ///
  /// - Throws: ``WebServerError/cannotListen(address:reason:)`` where the system has no entropy.
  func session() throws -> Session { try Session(self) }
}

extension AccessRule.Session {
  /// Judges a request.
  ///
  /// - Parameters:
  ///   - request: The request.
  ///   - address: Where it was received.
  /// - Returns: An answer that hands the browser its cookie, or nil: go on.
  /// - Throws: ``RequestError`` with status 400, 401 or 403.
  func check(_ request: WebRequest, at address: WebAddress) throws -> WebResponse? {
    guard let host = request.headers["host"]?.lowercased() else {
      throw RequestError(400, "the header field 'Host' is missing")
    }
    let isProxied = rule.origin.map { $0.hasSuffix("://" + host) } ?? false
    guard isProxied || isOurs(host, at: address) else {
      throw RequestError(403, "the header field 'Host' must be \(address.authority)")
    }
    if let origin = request.headers["origin"]?.lowercased(),
      origin != "http://\(host)" || isProxied, origin != rule.origin
    {
      throw RequestError(403, "requests from pages of other sites are refused")
    }
    let site = request.headers["sec-fetch-site"] ?? "none"
    let isNavigation = request.headers["sec-fetch-mode"] == "navigate" && request.method == "GET"
    guard ["none", "same-origin"].contains(site) || isNavigation else {
      throw RequestError(403, "requests from pages of other sites are refused")
    }
    return try checkToken(of: request, at: address)
  }

  private func checkToken(of request: WebRequest, at address: WebAddress) throws -> WebResponse? {
    guard let token = rule.token else { return nil }
    let bearer = "bearer "
    if let value = request.headers["authorization"], value.lowercased().hasPrefix(bearer),
      matches(value.dropFirst(bearer.count), token)
    {
      return nil
    }
    let cookie = "dpolicy-\(address.port)"
    for field in (request.headers["cookie"] ?? "").split(separator: ";") {
      let pair = field.drop { $0 == " " }.split(separator: "=", maxSplits: 1)
      if pair.count == 2, pair[0] == cookie, matches(pair[1], Array(secret.utf8)) { return nil }
    }
    if request.method == "GET", let value = request.query["token"], matches(value[...], token) {
      let isSecure = rule.origin?.hasPrefix("https:") ?? false
      return WebResponse(
        status: 303, contentType: "text/plain",
        headers: [
          "Location": Self.location(of: request), "Referrer-Policy": "no-referrer",
          "Set-Cookie": "\(cookie)=\(secret); Path=/; HttpOnly; SameSite=Strict"
            + (isSecure ? "; Secure" : ""),
        ],
        body: .init())
    }
    throw RequestError(
      401, "a token is needed: 'Authorization: Bearer …', or '?token=…' in a page's address",
      headers: ["WWW-Authenticate": "Bearer"])
  }

  /// The address without the token.
  private static func location(of request: WebRequest) -> String {
    // Nothing in it may lead elsewhere, as '//name' and '/\name' do.
    let isPlain =
      request.path.utf8.dropFirst().first != UInt8(ascii: "/")
      && !request.path.utf8.contains(UInt8(ascii: "\\"))
    guard isPlain else { return "/" }
    let fields = request.fields.filter { !$0.hasPrefix("token=") }
    return fields.isEmpty ? request.path : "\(request.path)?\(fields.joined(separator: "&"))"
  }

  /// Compares in a time that depends on what is shown alone, never on how much of it is right.
  private func matches(_ shown: Substring, _ secret: [UInt8]) -> Bool {
    var difference = shown.utf8.count ^ secret.count
    for (index, byte) in shown.utf8.enumerated() {
      difference |= Int(byte ^ secret[index % secret.count])
    }
    return difference == 0
  }

  /// Whether a `Host` field, in lower case, is exactly one of those under which we are reached.
  private func isOurs(_ host: String, at address: WebAddress) -> Bool {
    let port = ":\(address.port)"
    let name: Substring
    if host.hasSuffix(port) {
      name = host.dropLast(port.count)
    } else if address.port == 80 {
      name = host[...]
    } else {
      return false
    }
    if address.isLoopback {
      let own = address.host.contains(":") ? "[\(address.host)]" : address.host
      return ["localhost", "127.0.0.1", "[::1]", own].contains(String(name))
    }
    // A name can be made to point here; digits cannot.
    if address.isAny {
      if name.hasPrefix("["), name.hasSuffix("]") {
        return Socket.isIP6(String(name.dropFirst().dropLast()))
      }
      return name == "localhost" || Socket.isIP4(String(name))
    }
    return name == (address.host.contains(":") ? "[\(address.host)]" : address.host)
  }
}
