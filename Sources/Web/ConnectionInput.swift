import FlyingSocks

/// What a connection's client has sent, read as it is needed and never further than that.
struct ConnectionInput {
  /// After so many bytes without a wait the others have their turn: who sends without a pause would
  /// keep one of the few threads that serve all.
  private static let turn = 65_536

  let socket: AsyncSocket
  private var buffer: [UInt8] = []
  private var start = 0
  private var sinceTurn = 0

  init(_ socket: AsyncSocket) {
    self.socket = socket
  }

  /// Reads what has come, at least one byte.
  ///
  /// - Returns: Whether there was anything before the end.
  /// - Throws: What the socket throws.
  mutating func more() async throws -> Bool {
    if start > 0 {
      buffer.removeSubrange(..<start)
      start = 0
    }
    do {
      let bytes = try await socket.read(atMost: 4096)
      buffer += bytes
      sinceTurn += bytes.count
      // Where there is that much, there is more; an end is met by the next one who waits.
      if bytes.count == 4096, let more = try? socket.socket.read(atMost: 12_288) {
        buffer += more
        sinceTurn += more.count
      }
      if sinceTurn >= Self.turn { await yield() }
      return true
    } catch SocketError.disconnected {
      return false
    }
  }

  /// Lets the others have their turn.
  mutating func yield() async {
    sinceTurn = 0
    await Task.yield()
  }

  /// Whether nothing unread is here.
  var isEmpty: Bool { start == buffer.count }

  /// The number of bytes that are here.
  var count: Int { buffer.count - start }

  /// Takes bytes, waiting for them.
  ///
  /// - Returns: The bytes; nil if the client ended before.
  /// - Throws: What the socket throws.
  mutating func take(_ length: Int) async throws -> ArraySlice<UInt8>? {
    while count < length {
      guard try await more() else { return nil }
    }
    return takeIfHere(length)
  }

  /// Takes bytes if so many have come.
  mutating func takeIfHere(_ length: Int) -> ArraySlice<UInt8>? {
    guard count >= length else { return nil }
    defer { start += length }
    return buffer[start..<start + length]
  }

  /// Reads on and forgets what comes, until the end or the limit.
  mutating func discard(limit: Int) async {
    var bytes = 0
    while bytes < limit, (try? await more()) ?? false {
      bytes += count
      start = buffer.count
    }
  }

  /// Takes a head up to its empty line.
  ///
  /// - Parameter limit: How long it may be.
  /// - Returns: The head without the empty line; nil if the client ended before.
  /// - Throws: ``RequestError`` with status 431, and what the socket throws.
  mutating func takeHead(limit: Int) async throws -> ArraySlice<UInt8>? {
    var searched = 0
    while true {
      let here = buffer[start...]
      if let end = Self.emptyLine(in: here.dropFirst(max(0, searched - 3))) {
        guard end - start <= limit else { break }
        let head = buffer[start..<end]
        start = end + 4
        return head
      }
      searched = here.count
      guard searched <= limit else { break }
      guard try await more() else { return nil }
    }
    throw RequestError(431, "the head of a request has at most \(limit) bytes")
  }

  /// Skips empty lines before a request, as old clients send them after a body.
  mutating func skipEmptyLines() {
    while start < buffer.count, buffer[start] == 0x0d || buffer[start] == 0x0a { start += 1 }
  }

  /// Where the four bytes CR LF CR LF begin.
  private static func emptyLine(in bytes: ArraySlice<UInt8>) -> Int? {
    guard bytes.count >= 4 else { return nil }
    return (bytes.startIndex...bytes.endIndex - 4).first { index in
      bytes[index] == 0x0d && bytes[index + 1] == 0x0a && bytes[index + 2] == 0x0d
        && bytes[index + 3] == 0x0a
    }
  }
}
