import FlyingSocks
import Foundation
package import Logging
import Synchronization

/// Serves pages, documents and WebSockets over HTTP/1.1.
///
/// ```swift
/// let server = WebServer(routes: [
///   .get("/health") { _ in .json(Data(#"{"ok":true}"#.utf8)) },
///   .socket("/echo") { socket, _ in
///     for await text in socket.messages { socket.send(text) }
///   },
/// ])
/// print(try await server.start(port: 0))  // http://127.0.0.1:41231/
/// …
/// await server.stop()
/// ```
///
/// Sockets, their readiness and the WebSocket handshake are FlyingFox's. Its own server loop has no
/// bound on the length of a head or a frame, on connections and on patience, so requests are read
/// here.
package final class WebServer: Sendable {
  private struct Running {
    let table: ConnectionTable
    let accepting: Task<Void, Never>
    let work: Task<Void, Never>
  }

  private let routes: [Route]
  private let access: AccessRule
  private let limits: WebLimits
  private let missing: WebResponse?
  private let logger: Logger
  private let running = Mutex<Running?>(nil)

  /// Creates a server.
  ///
  /// - Parameters:
  ///   - routes: What it serves.
  ///   - access: Who may ask, and where it listens.
  ///   - limits: What it takes from its clients before it says no.
  ///   - missing: The page that a person sees at a path where there is nothing; programs, and
  ///     people where it is nil, are told so in JSON.
  ///   - logger: Is told of each request: refusals at level info, failures at level error, others
  ///     at level debug.
  package init(
    routes: [Route], access: AccessRule = .loopback, limits: WebLimits = WebLimits(),
    missing: WebResponse? = nil, logger: Logger = .silent
  ) {
    self.routes = routes
    self.access = access
    self.limits = limits
    self.missing = missing
    self.logger = logger
  }

  /// How many connections there are.
  package var connections: Int { running.withLock { $0?.table.count ?? 0 } }

  /// Starts to listen.
  ///
  /// - Parameter port: The port; 0 for any that is free.
  /// - Returns: Where it listens.
  /// - Throws: ``WebServerError/cannotListen(address:reason:)``.
  package func start(port: UInt16) async throws -> WebAddress {
    let session = try access.session()
    let (socket, address) = try WebAddress(host: access.host, port: port).listeningSocket()
    let table = ConnectionTable(limit: limits.connections)
    let site = WebSite(
      routes: routes, access: session, limits: limits, missing: missing, address: address,
      logger: logger)
    let pool = EventPool.forSockets
    let listener: AsyncSocket
    do {
      listener = try AsyncSocket(socket: socket, pool: pool)
      try await pool.prepare()
    } catch {
      try? socket.close()
      throw error
    }
    let events = Task { try? await pool.run() }
    let overdue = Task {
      while !Task.isCancelled {
        try? await Task.sleep(for: .seconds(0.25))
        table.endOverdue()
      }
    }
    let (sockets, continuation) = AsyncStream<AsyncSocket>.makeStream()
    let accepting = Task {
      await Self.accept(on: listener) { continuation.yield($0) }
      await Self.close(listener, pool: pool)
      continuation.finish()
    }
    let work = Task {
      await withDiscardingTaskGroup { group in
        for await socket in sockets {
          group.addTask { await Self.serve(socket, pool: pool, table: table, site: site) }
        }
      }
      events.cancel()
      overdue.cancel()
      _ = await events.value
    }
    running.withLock { $0 = Running(table: table, accepting: accepting, work: work) }
    logger.info("listening", metadata: ["address": "\(address)"])
    return address
  }

  /// Stops: takes no further request, finishes the answers under way, takes leave of WebSockets.
  ///
  /// What is not finished within ``WebLimits/stopSeconds`` is cut off. Returns when all is quiet.
  package func stop() async {
    guard
      let running = running.withLock({ running in
        defer { running = nil }
        return running
      })
    else { return }
    logger.info("stopping", metadata: ["connections": "\(running.table.count)"])
    running.table.stop()
    // Not by shutting the socket down: the pool may miss what epoll then tells of it.
    running.accepting.cancel()
    let patience = Task {
      try? await Task.sleep(for: .seconds(limits.stopSeconds))
      if !Task.isCancelled { running.table.endAll() }
    }
    await running.work.value
    patience.cancel()
  }

  private static func accept(
    on listener: AsyncSocket, _ accepted: (AsyncSocket) -> Void
  ) async {
    while !Task.isCancelled {
      do {
        accepted(try await listener.accept())
      } catch {
        // Too many open files, or a client that left while it waited: the others go on.
        if !Task.isCancelled { try? await Task.sleep(for: .seconds(0.02)) }
      }
    }
  }

  private static func serve(
    _ socket: AsyncSocket, pool: EventPool, table: ConnectionTable, site: WebSite
  ) async {
    let start = ContinuousClock.now + .seconds(site.limits.headSeconds)
    if let key = table.enter(socket.socket, by: start) {
      var connection = WebConnection(socket, key: key, table: table, site: site)
      await connection.serve()
      table.leave(key)
    } else {
      let refusal = RequestError(503, "too many connections", headers: ["Retry-After": "1"])
      _ = try? socket.socket.write(
        WebResponse.failure(refusal).encoded(keepsAlive: false, withBody: true))
    }
    await close(socket, pool: pool)
  }

  /// Closes a socket once the pool has let go of it: it forgets a socket only after it has woken
  /// who waits for it, and must not forget the next one with the same number instead.
  private static func close(_ socket: AsyncSocket, pool: EventPool) async {
    await settle(pool)
    try? socket.close()
  }

  private static func settle(_ pool: isolated EventPool) {}
}
