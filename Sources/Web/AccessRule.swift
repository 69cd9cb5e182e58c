import FlyingSocks
import Foundation

/// Who may ask a server for anything: checked for every request and every WebSocket.
///
/// Only this machine, unless a host that others reach is given together with a token. The `Host`
/// field must name the address that is served (a page elsewhere that has its name point here is
/// refused), and `Origin`, where a browser sends one, must be ours.
public struct AccessRule: Sendable {
  /// How many characters a token must have.
  public static let shortestToken = 16
  /// Only this machine, without a token.
  public static let loopback = AccessRule(checkedHost: "127.0.0.1", token: nil, origin: nil)

  /// The address to listen on, in digits.
  public let host: String
  let token: [UInt8]?
  /// Scheme and authority at which a proxy shows the pages, such as `https://robot.example`.
  let origin: String?

  /// Creates a rule.
  ///
  /// - Parameters:
  ///   - host: The address to listen on, in digits: `127.0.0.1`, `::1`, `0.0.0.0` (all), ….
  ///   - token: What clients must show: in `Authorization: Bearer …`, or once as `?token=…` in the
  ///     address of a page, for which the browser is given a cookie.
  ///   - origin: The address at which others reach this server through a proxy, such as
  ///     `https://robot.example`; nil without one. A token is needed then, too.
  /// - Throws: ``WebServerError`` for a host that is not an address in digits, for one that others
  ///   can reach without a token, for a token that is too short, and for an origin that is none.
  public init(
    host: String = "127.0.0.1", token: String? = nil, origin: String? = nil
  ) throws(WebServerError) {
    let digits = host == "localhost" ? "127.0.0.1" : host
    guard Socket.isAddress(digits) else { throw .malformedHost(host) }
    if let token {
      let isWord = token.utf8.allSatisfy {
        (0x21...0x7e).contains($0) && !"\";,\\".utf8.contains($0)
      }
      guard token.utf8.count >= Self.shortestToken, isWord else { throw .malformedToken }
    } else if let origin {
      throw .missingToken(host: origin)
    } else if !WebAddress(host: digits, port: 0).isLoopback {
      throw .missingToken(host: host)
    }
    if let origin, !Self.isOrigin(origin) { throw .malformedOrigin(origin) }
    self.init(checkedHost: digits, token: token, origin: origin?.lowercased())
  }

  private init(checkedHost: String, token: String?, origin: String?) {
    host = checkedHost
    self.token = token.map { Array($0.utf8) }
    self.origin = origin
  }

  /// Whether clients must show a token.
  public var needsToken: Bool { token != nil }

  /// Whether a text is a scheme and an authority and nothing more.
  private static func isOrigin(_ text: String) -> Bool {
    guard let url = URL(string: text), let scheme = url.scheme, let host = url.host(),
      ["http", "https"].contains(scheme.lowercased()), !host.isEmpty
    else { return false }
    let port = url.port.map { ":\($0)" } ?? ""
    return text.lowercased() == "\(scheme)://\(host)\(port)".lowercased()
  }
}

extension Socket {
  /// Whether a text is an address in digits.
  static func isAddress(_ text: String) -> Bool { isIP4(text) || isIP6(text) }

  static func isIP4(_ text: String) -> Bool {
    (try? sockaddr_in.inet(ip4: text, port: 0)) != nil
  }

  static func isIP6(_ text: String) -> Bool {
    (try? sockaddr_in6.inet6(ip6: text, port: 0)) != nil
  }
}
