import Foundation
import Testing
import Web

@Suite struct WebServerTests {
  static let echo = Route.post("/echo") { .json($0.body) }

  /// Limits for tests that are not about patience: other tests may hold up the server's threads.
  static let patient: WebLimits = {
    var limits = WebLimits()
    limits.headSeconds = 600
    limits.bodySeconds = 600
    limits.writeSeconds = 600
    limits.idleSeconds = 600
    limits.silenceSeconds = 600
    limits.stopSeconds = 600
    return limits
  }()

  /// Runs a server for the time of `body`.
  static func serving(
    _ routes: [Route], access: AccessRule = .loopback, limits: WebLimits = patient,
    _ body: (WebAddress, WebServer) async throws -> Void
  ) async throws {
    let server = WebServer(routes: routes, access: access, limits: limits)
    let address = try await server.start(port: 0)
    do {
      try await body(address, server)
    } catch {
      await server.stop()
      throw error
    }
    await server.stop()
  }

  @Test func `a page comes with the headers that protect it`() async throws {
    let page = Route.get("/") { _ in .page(Data("p {}".utf8), suffix: "css") }
    try await Self.serving([page]) { address, _ in
      let answer = try await RawClient.ask(address, "GET / HTTP/1.1")
      #expect(status(answer) == 200)
      for field in [
        "Content-Type: text/css; charset=utf-8", "Content-Security-Policy: default-src 'self'",
        "X-Content-Type-Options: nosniff", "Referrer-Policy: no-referrer", "X-Frame-Options: DENY",
      ] {
        #expect(answer.contains("\r\n\(field)"), "\(field) in \(answer)")
      }
      let head = try await RawClient.ask(address, "HEAD / HTTP/1.1")
      #expect(head.hasSuffix("\r\n\r\n") && answer.hasPrefix(head))
    }
  }

  @Test func `where there is nothing a person sees a page, a program a document`() async throws {
    let missing = WebResponse.page(Data("<h1>Nothing here</h1>".utf8), suffix: "html", status: 404)
    let server = WebServer(routes: [Self.echo], limits: Self.patient, missing: missing)
    let address = try await server.start(port: 0)
    let person = try await RawClient.ask(address, "GET /none HTTP/1.1", ["Accept: text/html,*/*"])
    #expect(status(person) == 404 && person.hasSuffix("<h1>Nothing here</h1>"), "\(person)")
    let program = try await RawClient.ask(address, "GET /none HTTP/1.1", ["Accept: */*"])
    #expect(status(program) == 404)
    #expect(program.hasSuffix(#"{"error":"nothing is served at /none"}"#), "\(program)")
    await server.stop()
  }

  @Test func `requests of one connection are answered one after another`() async throws {
    try await Self.serving([Self.echo]) { address, _ in
      let one = "POST /echo HTTP/1.1\r\nHost: \(address.authority)\r\nContent-Length: 2\r\n\r\n"
      let answer = try await RawClient.exchange(address, "\(one)11\(one)22\r\n\(one)33")
      let bodies = answer.split(separator: "\r\n\r\n").dropFirst().map { $0.prefix(2) }
      #expect(bodies == ["11", "22", "33"])
    }
  }

  @Test func `a client that asks to be asked for the body is asked`() async throws {
    try await Self.serving([Self.echo]) { address, _ in
      let answer = try await RawClient.ask(
        address, "POST /echo HTTP/1.1", ["Expect: 100-continue"], body: "[1]")
      #expect(answer.hasPrefix("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200"))
    }
  }

  @Test(arguments: [
    ("GET /none HTTP/1.1", [], 404), ("GET /../Package.swift HTTP/1.1", [], 404),
    ("GET /echo HTTP/1.1", [], 405), ("BREW /echo HTTP/1.1", [], 405),
    ("GET /socket HTTP/1.1", [], 426), ("GET /echo HTTP/2", [], 505), ("GET /echo", [], 400),
    ("GET  /echo HTTP/1.1", [], 400), ("GET http://a/ HTTP/1.1", [], 400),
    ("POST /echo HTTP/1.1", ["Content-Length: -1"], 400),
    ("POST /echo HTTP/1.1", ["Content-Length: 1", "Content-Length: 1"], 400),
    ("POST /echo HTTP/1.1", ["Content-Length: 1001"], 413),
    ("POST /echo HTTP/1.1", ["Content-Length: 99999999999999999999"], 413),
    ("POST /echo HTTP/1.1", ["Transfer-Encoding: chunked"], 411),
    ("POST /echo HTTP/1.1", ["A : 1"], 400), ("POST /echo HTTP/1.1", [" folded"], 400),
    ("POST /echo HTTP/1.1", ["A: \u{1}"], 400), ("POST /echo HTTP/1.1", ["A: ä"], 400),
    ("POST /echo HTTP/1.1", ["A: 1\n"], 400), ("POST /echo HTTP/1.1", ["Host: b"], 400),
    ("POST /echo HTTP/1.1", [String(repeating: "A", count: 3000) + ": 1"], 431),
    ("POST /echo HTTP/1.1", Array(repeating: "A: 1", count: 20), 431),
    ("GET /fails HTTP/1.1", [], 500), ("GET /refuses HTTP/1.1", [], 409),
  ])
  func `a request that cannot be answered is told why`(
    line: String, fields: [String], expected: Int
  ) async throws {
    var limits = Self.patient
    limits.bodyBytes = 1000
    limits.headBytes = 2000
    limits.headFields = 10
    let routes: [Route] = [
      Self.echo, .socket("/socket") { _, _ in },
      .get("/fails") { _ in throw RawClient.Failure(description: "an \"error\"") },
      .get("/refuses") { _ in throw RequestError(409, "not now") },
    ]
    try await Self.serving(routes, limits: limits) { address, _ in
      let answer = try await RawClient.ask(address, line, fields)
      #expect(status(answer) == expected, "\(answer)")
      let body = answer.split(separator: "\r\n\r\n", maxSplits: 1).last ?? ""
      let document = try JSONDecoder().decode([String: String].self, from: Data(body.utf8))
      #expect(document["error"]?.isEmpty == false)
      if expected == 405 { #expect(answer.contains("\r\nAllow: POST\r\n")) }
    }
  }

  @Test func `a server that stops finishes the answer under way and is gone`() async throws {
    let (started, start) = AsyncStream<Void>.makeStream()
    let server = WebServer(
      routes: [
        .get("/slow") { _ in
          start.yield()
          try await Task.sleep(for: .seconds(0.3))
          return .json(Data("1".utf8))
        }
      ], limits: Self.patient)
    let address = try await server.start(port: 0)
    async let answer = RawClient.ask(address, "GET /slow HTTP/1.1")
    let idle = try RawClient(address)
    for await _ in started { break }
    await server.stop()
    #expect(try await answer.hasSuffix("Connection: close\r\n\r\n1"))
    #expect(await idle.receiveAll() == "")
    #expect(throws: RawClient.Failure.self) { try RawClient(address) }
  }

  @Test func `two servers cannot have one address`() async throws {
    try await Self.serving([]) { address, _ in
      let second = WebServer(routes: [])
      let error = await #expect(throws: WebServerError.self) {
        try await second.start(port: address.port)
      }
      let expected = "\(address.authority): cannot listen: Address already in use; --port"
      #expect(error?.description.hasPrefix(expected) == true, "\(String(describing: error))")
    }
  }

  @Test func `silent clients make room for those that ask`() async throws {
    var limits = Self.patient
    limits.connections = 8
    try await Self.serving([Self.echo], limits: limits) { address, server in
      let silent = try (0..<40).map { _ in try RawClient(address) }
      for client in silent.prefix(20) { await client.send("POST /echo HTTP/1.1\r\nHost: ") }
      let busy = try RawClient(address)
      let request =
        "POST /echo HTTP/1.1\r\nHost: \(address.authority)\r\nContent-Length: 2\r\n\r\n[]"
      var more: [RawClient] = []
      for _ in 0..<12 {
        await busy.send(request)
        let answer = String(decoding: await busy.receive(), as: UTF8.self)
        #expect(status(answer) == 200 && answer.hasSuffix("[]"), "\(answer)")
        more.append(try RawClient(address))
        try await Task.sleep(for: .seconds(0.01))
      }
      #expect(server.connections <= 2 * limits.connections)
      withExtendedLifetime((silent, more)) {}
    }
  }

  @Test func `who only announces a body shuts nobody out, and who was answered before stays`()
    async throws
  {
    var limits = Self.patient
    limits.connections = 8
    try await Self.serving([Self.echo], limits: limits) { address, server in
      let host = "Host: \(address.authority)\r\n"
      let request = "POST /echo HTTP/1.1\r\n\(host)Content-Length: 2\r\n\r\n[]"
      let known = try RawClient(address)
      await known.send(request)
      #expect(status(String(decoding: await known.receive(), as: UTF8.self)) == 200)
      var silent: [RawClient] = []
      for _ in 0..<60 {
        let client = try RawClient(address)
        await client.send("POST /echo HTTP/1.1\r\n\(host)Content-Length: 9\r\n\r\n[")
        silent.append(client)
        try await Task.sleep(for: .milliseconds(2))
      }
      let newcomer = try RawClient(address)
      for client in [newcomer, known, newcomer, known] {
        await client.send(request)
        let answer = String(decoding: await client.receive(), as: UTF8.self)
        #expect(status(answer) == 200 && answer.hasSuffix("[]"), "\(answer)")
      }
      #expect(server.connections <= 2 * limits.connections)
      withExtendedLifetime(silent) {}
    }
  }

  @Test func `bodies have a sum: the one that has been waited for longest is given up`()
    async throws
  {
    var limits = Self.patient
    limits.allBodyBytes = 100
    try await Self.serving([Self.echo], limits: limits) { address, _ in
      let head = "POST /echo HTTP/1.1\r\nHost: \(address.authority)\r\nContent-Length: 90\r\n"
      func begun() async throws -> RawClient {
        let client = try RawClient(address)
        await client.send(head + "Expect: 100-continue\r\n\r\n")
        _ = await client.receive()
        return client
      }
      // Announced alone, two bodies of 90 bytes take no room.
      let (first, second) = (try await begun(), try await begun())
      await first.send(String(repeating: "1", count: 60))
      try await Task.sleep(for: .seconds(0.1))
      await second.send(String(repeating: "2", count: 90))
      let answer = String(decoding: await second.receive(), as: UTF8.self)
      #expect(status(answer) == 200 && answer.hasSuffix("22"), "\(answer)")
      #expect(await first.receiveAll() == "")
    }
  }

  @Test func `half of the places may be WebSockets; who says nothing makes room for another`()
    async throws
  {
    var limits = Self.patient
    limits.connections = 4
    let upgrade = [
      "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ]
    for quiet in [600.0, 0] {
      limits.quietSeconds = quiet
      try await Self.serving([WebSocketTests.echo], limits: limits) { address, _ in
        var silent = try await WebSocketTests.Client(address)
        var talking = try await WebSocketTests.Client(address)
        await talking.send("1")
        #expect(try await talking.text() == "1")
        let third = try RawClient(address)
        let lines = ["GET /ws HTTP/1.1", "Host: \(address.authority)"] + upgrade + ["", ""]
        await third.send(lines.joined(separator: "\r\n"))
        let answer = String(decoding: await third.receive(), as: UTF8.self)
        #expect(status(answer) == (quiet > 0 ? 503 : 101), "\(answer)")
        await talking.send("2")
        #expect(try await talking.text() == "2")
        if quiet == 0 { #expect(try await silent.next() == nil) }
      }
    }
  }

  @Test func `a client that takes too long is left`() async throws {
    var limits = Self.patient
    limits.headSeconds = 0.2
    limits.bodySeconds = 0.2
    limits.idleSeconds = 0.2
    limits.writeSeconds = 0.2
    let large = Route.get("/large") { _ in .json(Data(count: 64 << 20)) }
    try await Self.serving([Self.echo, large], limits: limits) { address, server in
      let host = "Host: \(address.authority)\r\n"
      var clients: [RawClient] = []
      for beginning in [
        "", "POST", "POST /echo HTTP/1.1\r\n\(host)Content-Length: 9\r\n\r\n[",
        "GET /large HTTP/1.1\r\n\(host)\r\n",
      ] {
        let client = try RawClient(address)
        await client.send(beginning)
        clients.append(client)
      }
      for _ in 0..<100 where server.connections > 0 { try await Task.sleep(for: .seconds(0.05)) }
      #expect(server.connections == 0)
      withExtendedLifetime(clients) {}
    }
  }
}
