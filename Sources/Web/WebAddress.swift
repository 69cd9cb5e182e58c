import FlyingSocks
import Foundation

/// Where a server listens.
public struct WebAddress: Sendable, Hashable, CustomStringConvertible {
  /// The address in digits, such as `127.0.0.1` or `::1`.
  public let host: String
  /// The port.
  public let port: UInt16

  /// Creates an address.
  public init(host: String, port: UInt16) {
    self.host = host
    self.port = port
  }

  /// The authority as it stands in an address line, such as `127.0.0.1:8700`.
  public var authority: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

  /// The address of the first page, such as `http://127.0.0.1:8700/`.
  public var description: String { "http://\(authority)/" }

  /// Whether only this machine can reach it.
  var isLoopback: Bool { host == "::1" || host.hasPrefix("127.") }

  /// Whether it stands for all addresses of the machine.
  var isAny: Bool { host == "0.0.0.0" || host == "::" }

  /// A socket that is bound here and listens.
  ///
  /// - Throws: ``WebServerError/cannotListen(address:reason:)``.
  func listeningSocket() throws -> (socket: Socket, address: WebAddress) {
    do {
      let isIP6 = host.contains(":")
      let socket = try Socket(domain: isIP6 ? AF_INET6 : AF_INET)
      do {
        try socket.setValue(true, for: .localAddressReuse)
        // Accepted sockets inherit it: answers are never held back for more.
        let noDelay = BoolSocketOption(level: Int32(IPPROTO_TCP), name: TCP_NODELAY)
        try socket.setValue(true, for: noDelay)
        if isIP6 {
          try socket.bind(to: .inet6(ip6: host, port: port))
        } else {
          try socket.bind(to: .inet(ip4: host, port: port))
        }
        try socket.listen()
        switch try socket.sockname() {
        case .ip4(_, let port), .ip6(_, let port):
          return (socket, WebAddress(host: host, port: port))
        case .unix:
          return (socket, self)
        }
      } catch {
        try? socket.close()
        throw error
      }
    } catch {
      let reason =
        if case SocketError.failed(_, _, let message) = error { message } else { "\(error)" }
      throw WebServerError.cannotListen(address: authority, reason: reason)
    }
  }
}
