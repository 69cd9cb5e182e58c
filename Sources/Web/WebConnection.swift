import FlyingFox
import FlyingSocks
import Foundation

/// One client's connection: requests read, judged and answered one after another, within the
/// limits.
struct WebConnection {
  let socket: AsyncSocket
  let key: Int
  let table: ConnectionTable
  let site: WebSite
  private var input: ConnectionInput

  init(_ socket: AsyncSocket, key: Int, table: ConnectionTable, site: WebSite) {
    self.socket = socket
    self.key = key
    self.table = table
    self.site = site
    input = ConnectionInput(socket)
  }

  private var limits: WebLimits { site.limits }

  /// Serves until the client leaves, is told to, or the server stops.
  mutating func serve() async {
    do {
      while try await serveRequest() {}
    } catch let error as RequestError {
      // What was asked for cannot be told from what follows it, so nothing more is read.
      site.note(error.status, to: nil, over: key, error.description)
      try? await write(.failure(error), keepsAlive: false, withBody: true)
      await linger()
    } catch {
      // The client has left, or has been left.
    }
  }

  /// Serves one request.
  ///
  /// - Returns: Whether another may follow.
  /// - Throws: ``RequestError`` for one after which nothing can follow, and what the socket throws.
  private mutating func serveRequest() async throws -> Bool {
    guard let head = try await head() else { return false }
    var request = head.request(over: key)
    if head.isUpgrade {
      try await converse(request)
      return false
    }
    // Judged before its body is waited for.
    let granted: WebResponse?
    do {
      granted = try site.granted(request)
      request.body = try await body(head)
    } catch let error as RequestError where head.headers["content-length"] == nil {
      site.note(error.status, to: request, over: key, error.description)
      try await write(.failure(error), keepsAlive: request.keepsAlive, withBody: true)
      return request.keepsAlive
    }
    _ = table.expect(.message, from: key, within: nil)
    let response: WebResponse
    if let granted { response = granted } else { response = await site.response(to: request) }
    let keepsAlive = request.keepsAlive && !table.isStopping
    try await write(response, keepsAlive: keepsAlive, withBody: request.method != "HEAD")
    if response.status < 400 { table.prove(key) }
    site.note(response.status, to: request, over: key)
    // Another request may be here already; the other clients have their turn first.
    if !input.isEmpty { await input.yield() }
    return keepsAlive
  }

  private mutating func head() async throws -> RequestHead? {
    input.skipEmptyLines()
    if input.isEmpty {
      guard table.expect(.request, from: key, within: limits.idleSeconds) else { return nil }
      guard try await input.more() else { return nil }
      input.skipEmptyLines()
    }
    _ = table.expect(.head, from: key, within: limits.headSeconds)
    guard let bytes = try await input.takeHead(limit: limits.headBytes) else { return nil }
    return try RequestHead(bytes, fieldLimit: limits.headFields)
  }

  private mutating func body(_ head: RequestHead) async throws -> Data {
    let length = try head.bodyLength(limit: limits.bodyBytes)
    guard length > 0 else { return Data() }
    _ = table.expect(.body, from: key, within: limits.bodySeconds)
    if head.expectsContinue {
      try await write(Data("HTTP/1.1 100 Continue\r\n\r\n".utf8))
    }
    while true {
      let count = min(input.count, length)
      guard table.hold(count, of: limits.allBodyBytes, for: key) else {
        throw RequestError(
          503, "too many bytes are being sent; try again in a moment",
          headers: ["Retry-After": "1"])
      }
      if let body = input.takeIfHere(length) { return Data(body) }
      guard try await input.more() else { throw SocketError.disconnected }
    }
  }

  private mutating func converse(_ request: WebRequest) async throws {
    if try site.granted(request) != nil {
      throw RequestError(
        401, "a WebSocket shows its token in a header field or the cookie, not in its address")
    }
    let conversation = try site.conversation(at: request)
    let acceptance = try await Self.acceptance(of: request)
    guard table.becomeWebSocket(key, quiet: limits.quietSeconds) else {
      throw RequestError(503, "too many WebSockets", headers: ["Retry-After": "1"])
    }
    try await write(Data(acceptance.utf8))
    site.note(101, to: request, over: key)
    let session = WebSocketSession(
      socket: socket, key: key, table: table, limits: limits, input: input)
    await session.run { await conversation($0, request) }
  }

  /// The answer to a request to speak WebSocket.
  private static func acceptance(of request: WebRequest) async throws -> String {
    let handshake = HTTPRequest(
      method: HTTPMethod(request.method), version: .http11, path: request.path, query: [],
      headers: HTTPHeaders(
        Dictionary(uniqueKeysWithValues: request.headers.map { (HTTPHeader($0.key), $0.value) })),
      body: HTTPBodySequence())
    let response = try await WebSocketHTTPHandler(handler: NoFrames()).handleRequest(handshake)
    guard response.statusCode == .switchingProtocols,
      let accept = response.headers[.webSocketAccept]
    else {
      let reason = try await response.bodyData
      throw RequestError(400, String(decoding: reason, as: UTF8.self))
    }
    return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      + "Sec-WebSocket-Accept: \(accept)\r\n\r\n"
  }

  private func write(_ response: WebResponse, keepsAlive: Bool, withBody: Bool) async throws {
    try await write(response.encoded(keepsAlive: keepsAlive, withBody: withBody))
  }

  private func write(_ data: Data) async throws {
    table.expectWritten(key, within: limits.writeSeconds)
    defer { table.expectWritten(key, within: nil) }
    try await socket.write(data)
  }

  /// Reads on for a moment: closing over unread bytes would take the answer back.
  private mutating func linger() async {
    shutdown(socket.socket.file.rawValue, Int32(SHUT_WR))
    _ = table.expect(.head, from: key, within: 1)
    await input.discard(limit: limits.lingerBytes)
  }
}

/// The frames are ours; only the handshake is asked for.
private struct NoFrames: WSHandler {
  func makeFrames(
    for client: AsyncThrowingStream<WSFrame, any Error>
  ) async throws -> AsyncStream<WSFrame> {
    AsyncStream { $0.finish() }
  }
}
