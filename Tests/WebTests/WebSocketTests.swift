import Foundation
import Testing
import Web

@Suite struct WebSocketTests {
  /// A client of a conversation.
  struct Client {
    let raw: RawClient
    var buffer: [UInt8] = []

    init(_ address: WebAddress) async throws {
      raw = try RawClient(address)
      await raw.send(
        "GET /ws HTTP/1.1\r\nHost: \(address.authority)\r\nUpgrade: websocket\r\n"
          + "Connection: keep-alive, Upgrade\r\nSec-WebSocket-Version: 13\r\n"
          + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
      let marker = Array("\r\n\r\n".utf8)
      while buffer.firstRange(of: marker) == nil { buffer += await raw.receive() }
      let head = String(decoding: buffer, as: UTF8.self)
      // The key and its answer are those of RFC 6455, section 1.3.
      try #require(head.contains("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "\(head)")
      if let end = buffer.firstRange(of: marker) { buffer.removeSubrange(..<end.upperBound) }
    }

    static func frame(
      _ opcode: UInt8, _ payload: [UInt8], final: Bool = true, masked: Bool = true
    ) -> [UInt8] {
      var bytes: [UInt8] = [(final ? 0x80 : 0) | opcode]
      let bit: UInt8 = masked ? 0x80 : 0
      if payload.count < 126 {
        bytes.append(bit | UInt8(payload.count))
      } else {
        bytes += [bit | 126, UInt8(payload.count >> 8), UInt8(payload.count & 0xff)]
      }
      let mask: [UInt8] = [1, 2, 3, 4]
      guard masked else { return bytes + payload }
      return bytes + mask + payload.enumerated().map { $1 ^ mask[$0 % 4] }
    }

    func send(_ text: String) async { await raw.send(Self.frame(1, Array(text.utf8))) }

    /// The next frame; nil at the end.
    mutating func next() async throws -> (opcode: UInt8, payload: [UInt8])? {
      while true {
        if buffer.count >= 2 {
          try #require(buffer[0] & 0xf0 == 0x80 && buffer[1] & 0x80 == 0, "frames in one piece")
          let (start, length) =
            buffer[1] < 126
            ? (2, Int(buffer[1]))
            : (4, buffer.count < 4 ? .max : Int(buffer[2]) << 8 | Int(buffer[3]))
          try #require(buffer[1] != 127)
          if length != .max, buffer.count >= start + length {
            defer { buffer.removeFirst(start + length) }
            return (buffer[0] & 0x0f, Array(buffer[start..<start + length]))
          }
        }
        let more = await raw.receive()
        if more.isEmpty { return nil }
        buffer += more
      }
    }

    mutating func text() async throws -> String? {
      guard let frame = try await next(), frame.opcode == 1 else { return nil }
      return String(decoding: frame.payload, as: UTF8.self)
    }

    /// The code with which the server takes leave; earlier frames are skipped.
    mutating func closeCode() async throws -> Int? {
      while let frame = try await next() {
        if frame.opcode == 8 { return Int(frame.payload[0]) << 8 | Int(frame.payload[1]) }
      }
      return nil
    }
  }

  static let echo = Route.socket("/ws") { socket, _ in
    for await text in socket.messages { socket.send(text) }
  }

  static func limits() -> WebLimits {
    var limits = WebServerTests.patient
    limits.messageBytes = 1000
    limits.messagesPerSecond = 50
    return limits
  }

  @Test func `texts come back, whole or in pieces, and pings are answered`() async throws {
    try await WebServerTests.serving([Self.echo], limits: Self.limits()) { address, _ in
      var client = try await Client(address)
      await client.send("grüße")
      #expect(try await client.text() == "grüße")
      let long = String(repeating: "x", count: 900)
      await client.send(long)
      #expect(try await client.text() == long)
      // A control frame may come between the pieces, one of which ends within a character.
      let bytes = Array("ä1".utf8)
      await client.raw.send(Client.frame(1, [bytes[0]], final: false) + Client.frame(9, [7]))
      let pong = try #require(try await client.next())
      #expect(pong.opcode == 10 && pong.payload == [7])
      await client.raw.send(Client.frame(0, Array(bytes[1...])))
      #expect(try await client.text() == "ä1")
      await client.raw.send(Client.frame(8, [3, 232]))
      #expect(try await client.closeCode() == 1000)
      #expect(try await client.next() == nil)
    }
  }

  @Test(
    arguments: [
      (Client.frame(1, [65], masked: false), 1002), (Client.frame(3, []), 1002),
      (Client.frame(0, [65]), 1002), (Client.frame(9, [], final: false), 1002),
      (Client.frame(9, Array(repeating: 0, count: 126)), 1002), ([0xc1, 0x80, 0, 0, 0, 0], 1002),
      (Client.frame(1, [65], final: false) + Client.frame(1, [65]), 1002),
      (Client.frame(2, [65]), 1003), (Client.frame(1, [0xff]), 1007),
      (Client.frame(1, Array(repeating: 65, count: 1001)), 1009),
      ([0x81, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], 1009),
      ([0x81, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff], 1009),
      (
        Client.frame(1, Array(repeating: 65, count: 600), final: false)
          + Client.frame(0, Array(repeating: 65, count: 600)), 1009
      ),
      (Array((0..<120).map { _ in Client.frame(9, []) }.joined()), 1008),
    ] as [([UInt8], Int)])
  func `who breaks the rules is told which and left`(bytes: [UInt8], code: Int) async throws {
    try await WebServerTests.serving([Self.echo], limits: Self.limits()) { address, server in
      var client = try await Client(address)
      await client.raw.send(bytes)
      #expect(try await client.closeCode() == code)
      client.raw.finish()
      #expect(try await client.next() == nil)
      for _ in 0..<50 where server.connections > 0 { try await Task.sleep(for: .seconds(0.02)) }
      #expect(server.connections == 0)
    }
  }

  @Test func `a reader that is too slow misses pictures, then loses the line`() async throws {
    let (results, result) = AsyncStream<(Int, Bool)>.makeStream()
    let route = Route.socket("/ws") { socket, _ in
      let large = Data(count: 1 << 20)
      var skipped = 0
      for _ in 0..<100 where !socket.send(bytes: large, isSkippable: true) { skipped += 1 }
      var isOpen = true
      for _ in 0..<100 where isOpen { isOpen = socket.send(bytes: large) }
      result.yield((skipped, socket.isOpen))
      for await _ in socket.messages {}
    }
    try await WebServerTests.serving([route]) { address, _ in
      let client = try await Client(address)
      for await (skipped, isOpen) in results {
        #expect(skipped > 50)
        #expect(!isOpen)
        break
      }
      withExtendedLifetime(client) {}
    }
  }

  @Test func `who asks faster than can be answered waits, and loses nothing`() async throws {
    var limits = WebServerTests.patient
    limits.incomingMessages = 3
    limits.messagesPerSecond = 10_000
    let (goes, go) = AsyncStream<Void>.makeStream()
    let route = Route.socket("/ws") { socket, _ in
      for await _ in goes { break }
      for await text in socket.messages { socket.send(text) }
    }
    try await WebServerTests.serving([route], limits: limits) { address, _ in
      var client = try await Client(address)
      let sent = (0..<60).map { "message \($0)" }
      for text in sent { await client.send(text) }
      go.yield()
      for text in sent { #expect(try await client.text() == text) }
    }
  }

  @Test func `the end of a conversation and of the server reach the client`() async throws {
    let short = Route.socket("/ws") { socket, _ in socket.send(Data("bye".utf8)) }
    try await WebServerTests.serving([short]) { address, _ in
      var client = try await Client(address)
      #expect(try await client.text() == "bye")
      #expect(try await client.closeCode() == 1000)
    }
    // What is under way when the server stops is still said.
    let (started, start) = AsyncStream<Void>.makeStream()
    let slow = Route.socket("/ws") { socket, _ in
      for await text in socket.messages {
        start.yield()
        let answer = Task { try await Task.sleep(for: .seconds(0.2)) }
        _ = await answer.result
        socket.send(text)
      }
    }
    let server = WebServer(routes: [slow], limits: WebServerTests.patient)
    var client = try await Client(try await server.start(port: 0))
    await client.send("1")
    for await _ in started { break }
    async let end: Void = server.stop()
    #expect(try await client.text() == "1")
    #expect(try await client.closeCode() == 1001)
    client.raw.finish()
    await end
  }

  @Test func `a client that falls silent is left`() async throws {
    var limits = WebServerTests.patient
    limits.silenceSeconds = 0.6
    try await WebServerTests.serving([Self.echo], limits: limits) { address, _ in
      var client = try await Client(address)
      // It asks for a sign of life first, unless all are held up.
      var opcodes: Set<UInt8> = []
      while let frame = try await client.next() { opcodes.insert(frame.opcode) }
      #expect(opcodes.isSubset(of: [8, 9]))
    }
  }
}
