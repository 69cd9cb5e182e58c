import FlyingSocks
import Foundation
import Imitation

/// Who may ask a server for anything: checked for every request and every WebSocket.
///
/// Only this machine, unless a host that others reach is given together with a token. The `Host`
/// field must name the address that is served (a page elsewhere that has its name point here is
/// refused), and `Origin`, where a browser sends one, must be ours.
public struct AccessRule: Sendable {
  /// How many characters a token must have.
  public static let shortestToken = 16
  /// Only this machine, without a token.
  public static let loopback = AccessRule(checkedHost: "127.0.0.1", token: nil)

  /// The address to listen on, in digits.
  public let host: String
  private let token: [UInt8]?

  /// Creates a rule.
  ///
  /// - Parameters:
  ///   - host: The address to listen on, in digits: `127.0.0.1`, `::1`, `0.0.0.0` (all), ….
  ///   - token: What clients must show: in `Authorization: Bearer …`, or once as `?token=…` in the
  ///     address of a page, for which the browser is given a cookie.
  /// - Throws: ``WebServerError`` for a host that is no address in digits, for one that others can
  ///   reach without a token, and for a token that is too short.
  public init(host: String = "127.0.0.1", token: String? = nil) throws(WebServerError) {
    let digits = host == "localhost" ? "127.0.0.1" : host
    guard Socket.isAddress(digits) else { throw .malformedHost(host) }
    if let token {
      let isWord = token.utf8.allSatisfy {
        (0x21...0x7e).contains($0) && !"\";,\\".utf8.contains($0)
      }
      guard token.utf8.count >= Self.shortestToken, isWord else { throw .malformedToken }
    } else if !WebAddress(host: digits, port: 0).isLoopback {
      throw .missingToken(host: host)
    }
    self.init(checkedHost: digits, token: token)
  }

  private init(checkedHost: String, token: String?) {
    host = checkedHost
    self.token = token.map { Array($0.utf8) }
  }

  /// Whether clients must show a token.
  public var needsToken: Bool { token != nil }

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
    guard isOurs(host, at: address) else {
      throw RequestError(403, "the header field 'Host' must be \(address.authority)")
    }
    if let origin = request.headers["origin"], origin.lowercased() != "http://\(host)" {
      throw RequestError(403, "pages from elsewhere may not ask here")
    }
    let site = request.headers["sec-fetch-site"] ?? "none"
    let isNavigation = request.headers["sec-fetch-mode"] == "navigate" && request.method == "GET"
    guard ["none", "same-origin"].contains(site) || isNavigation else {
      throw RequestError(403, "pages from elsewhere may not ask here")
    }
    return try checkToken(of: request, at: address)
  }

  private func checkToken(of request: WebRequest, at address: WebAddress) throws -> WebResponse? {
    guard let token else { return nil }
    let bearer = "bearer "
    if let value = request.headers["authorization"], value.lowercased().hasPrefix(bearer),
      matches(value.dropFirst(bearer.count), token)
    {
      return nil
    }
    let cookie = "dpolicy-\(address.port)"
    for field in (request.headers["cookie"] ?? "").split(separator: ";") {
      let pair = field.drop { $0 == " " }.split(separator: "=", maxSplits: 1)
      if pair.count == 2, pair[0] == cookie, matches(pair[1], token) { return nil }
    }
    if request.method == "GET", let value = request.query["token"], matches(value[...], token) {
      // Nothing in it may lead elsewhere, as '//name' and '/\name' do.
      let isPlain =
        request.path.utf8.dropFirst().first != UInt8(ascii: "/")
        && !request.path.utf8.contains(UInt8(ascii: "\\"))
      let location = isPlain ? request.path : "/"
      return WebResponse(
        status: 303, contentType: "text/plain",
        headers: [
          "Location": location, "Referrer-Policy": "no-referrer",
          "Set-Cookie": "\(cookie)=\(value); Path=/; HttpOnly; SameSite=Strict",
        ],
        body: .init())
    }
    throw RequestError(
      401, "a token is needed: 'Authorization: Bearer …', or '?token=…' in a page's address",
      headers: ["WWW-Authenticate": "Bearer"])
  }

  /// Compares in a time that depends on what is shown alone, never on how much of it is right.
  private func matches(_ shown: Substring, _ token: [UInt8]) -> Bool {
    var difference = shown.utf8.count ^ token.count
    for (index, byte) in shown.utf8.enumerated() {
      difference |= Int(byte ^ token[index % token.count])
    }
    return difference == 0
  }

  private func isOurs(_ host: String, at address: WebAddress) -> Bool {
    let port = ":\(address.port)"
    let name = host.hasSuffix(port) ? String(host.dropLast(port.count)) : host
    guard host.hasSuffix(port) || address.port == 80 else { return false }
    let digits = name.hasPrefix("[") ? String(name.dropFirst().dropLast()) : name
    if address.isLoopback {
      return ["localhost", "127.0.0.1", "::1", address.host].contains(digits)
    }
    // A name can be made to point here; digits cannot.
    if address.isAny { return Socket.isAddress(digits) || digits == "localhost" }
    return digits == address.host
  }
}

extension Socket {
  /// Whether a text is an address in digits.
  fileprivate static func isAddress(_ text: String) -> Bool {
    (try? sockaddr_in.inet(ip4: text, port: 0)) != nil
      || (try? sockaddr_in6.inet6(ip6: text, port: 0)) != nil
  }
}
