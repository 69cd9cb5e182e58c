import Foundation
import Testing
import Web

@Suite struct AccessRuleTests {
  static let token = "correct-horse-battery"
  static let route = Route.get("/a") { _ in .json(Data("{}".utf8)) }

  @Test func `who opens it to others must give a token`() {
    #expect(throws: WebServerError.missingToken(host: "0.0.0.0")) {
      try AccessRule(host: "0.0.0.0")
    }
    #expect(throws: WebServerError.missingToken(host: "::")) { try AccessRule(host: "::") }
    #expect(throws: WebServerError.malformedHost("example.org")) {
      try AccessRule(host: "example.org", token: Self.token)
    }
    #expect(throws: WebServerError.missingToken(host: "https://a.example")) {
      try AccessRule(origin: "https://a.example")
    }
    for origin in ["a.example", "https://a.example/", "https://a.example/x", "ftp://a", "https://"]
    {
      #expect(throws: WebServerError.malformedOrigin(origin)) {
        try AccessRule(token: Self.token, origin: origin)
      }
    }
    for token in ["", "short", "a token with blanks in it", "a;token;that;ends;a;cookie"] {
      #expect(throws: WebServerError.malformedToken) { try AccessRule(token: token) }
    }
    #expect(throws: Never.self) { try AccessRule(host: "0.0.0.0", token: Self.token) }
    #expect(throws: Never.self) { try AccessRule(host: "::1") }
  }

  @Test func `only requests to our own name from our own pages are answered`() async throws {
    try await WebServerTests.serving([Self.route]) { address, _ in
      func asked(host: String, _ fields: [String] = []) async throws -> String {
        let lines = ["GET /a HTTP/1.1", "Host: \(host)"] + fields + ["", ""]
        return try await RawClient.exchange(address, lines.joined(separator: "\r\n"))
      }
      let port = address.port
      for host in ["127.0.0.1:\(port)", "localhost:\(port)", "LOCALHOST:\(port)", "[::1]:\(port)"] {
        #expect(status(try await asked(host: host)) == 200, "\(host)")
      }
      for host in [
        "127.0.0.1", "127.0.0.1:1", "evil.example:\(port)", "localhost.evil.example:\(port)", "",
        ":\(port)", "0.0.0.0:\(port)", "[]:\(port)", "[::1:\(port)", "::1:\(port)", "::1]:\(port)",
        "[127.0.0.1]:\(port)", "[localhost]:\(port)", "127.0.0.1:\(port):\(port)",
        "127.0.0.1.:\(port)", "127.0.0.1:0\(port)", "user@127.0.0.1:\(port)", "127.1:\(port)",
      ] {
        #expect(status(try await asked(host: host)) == 403, "\(host)")
      }
      let ours = "127.0.0.1:\(port)"
      let plain = try await asked(host: ours)
      #expect(status(plain) == 200)
      #expect(status(try await asked(host: ours, ["Origin: http://\(ours)"])) == 200)
      for origin in [
        "null", "http://evil.example", "https://\(ours)", "http://127.0.0.1:1",
        "http://localhost:\(port)", "",
      ] {
        #expect(status(try await asked(host: ours, ["Origin: \(origin)"])) == 403, "\(origin)")
      }
      #expect(status(try await asked(host: ours, ["Sec-Fetch-Site: same-origin"])) == 200)
      #expect(status(try await asked(host: ours, ["Sec-Fetch-Site: cross-site"])) == 403)
      #expect(status(try await asked(host: ours, ["Sec-Fetch-Site: same-site"])) == 403)
      let link = ["Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate"]
      #expect(status(try await asked(host: ours, link)) == 200)
    }
  }

  @Test func `with a token nobody is answered without`() async throws {
    let access = try AccessRule(token: Self.token)
    let routes = [Self.route, .socket("/ws") { _, _ in }]
    try await WebServerTests.serving(routes, access: access) { address, _ in
      func asked(_ path: String, _ fields: [String] = []) async throws -> String {
        try await RawClient.ask(address, "GET \(path) HTTP/1.1", fields)
      }
      let none = try await asked("/a")
      #expect(status(none) == 401 && none.contains("WWW-Authenticate: Bearer"))
      #expect(status(try await asked("/none")) == 401)
      #expect(status(try await asked("/a", ["Authorization: Bearer \(Self.token)"])) == 200)
      for wrong in [
        "", "x", Self.token.uppercased(), Self.token + Self.token, String(Self.token.dropLast()),
        Self.token + "x",
      ] {
        #expect(
          status(try await asked("/a", ["Authorization: Bearer \(wrong)"])) == 401, "\(wrong)")
        #expect(status(try await asked("/a?token=\(wrong)")) == 401, "\(wrong)")
      }
      let upgrade = [
        "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
      ]
      #expect(status(try await asked("/ws", upgrade)) == 401)
      #expect(
        status(try await asked("/ws", upgrade + ["Authorization: Bearer \(Self.token)"])) == 101)
    }
  }

  @Test func `a page's address with the token is exchanged for a cookie`() async throws {
    let access = try AccessRule(token: Self.token)
    try await WebServerTests.serving([Self.route], access: access) { address, _ in
      let answer = try await RawClient.ask(address, "GET /a?token=\(Self.token) HTTP/1.1")
      #expect(status(answer) == 303)
      #expect(answer.contains("\r\nLocation: /a\r\n"))
      let cookie = try #require(Self.cookie(answer, for: address))
      #expect(answer.contains("Set-Cookie: \(cookie); Path=/; HttpOnly; SameSite=Strict\r\n"))
      #expect(!answer.contains(Self.token))
      let shown = "dpolicy-\(address.port)=\(Self.token)"
      let refused = try await RawClient.ask(address, "GET /a HTTP/1.1", ["Cookie: \(shown)"])
      #expect(status(refused) == 401)
      // The rest of the address is kept.
      let more = try await RawClient.ask(
        address, "GET /a?file=a%20b.hdf5&token=\(Self.token)&episode=2 HTTP/1.1")
      #expect(more.contains("\r\nLocation: /a?file=a%20b.hdf5&episode=2\r\n"), "\(more)")
      for fields in [["Cookie: \(cookie)"], ["Cookie: other=1; \(cookie); more=2"]] {
        #expect(status(try await RawClient.ask(address, "GET /a HTTP/1.1", fields)) == 200)
      }
      let wrong = try await RawClient.ask(address, "GET /a HTTP/1.1", ["Cookie: \(cookie)x"])
      #expect(status(wrong) == 401)
      for path in ["//evil.example/", "/\\evil.example"] {
        let elsewhere = try await RawClient.ask(address, "GET \(path)?token=\(Self.token) HTTP/1.1")
        #expect(elsewhere.contains("\r\nLocation: /\r\n"), "\(elsewhere)")
      }
    }
  }

  @Test func `each server has a cookie of its own`() async throws {
    let access = try AccessRule(token: Self.token)
    var values: Set<Substring> = []
    for _ in 0..<2 {
      try await WebServerTests.serving([Self.route], access: access) { address, _ in
        let answer = try await RawClient.ask(address, "GET /a?token=\(Self.token) HTTP/1.1")
        let cookie = try #require(Self.cookie(answer, for: address))
        values.insert(try #require(cookie.split(separator: "=").last))
      }
    }
    #expect(values.count == 2 && values.allSatisfy { $0.count == 64 })
  }

  @Test func `behind a proxy the address that it shows is ours, and no other`() async throws {
    let access = try AccessRule(token: Self.token, origin: "https://robot.example")
    try await WebServerTests.serving([Self.route], access: access) { address, _ in
      func asked(_ host: String, _ fields: [String]) async throws -> String {
        let lines = ["GET /a?token=\(Self.token) HTTP/1.1", "Host: \(host)"] + fields + ["", ""]
        return try await RawClient.exchange(address, lines.joined(separator: "\r\n"))
      }
      for host in ["robot.example", "Robot.example", address.authority] {
        let answer = try await asked(host, ["Origin: https://robot.example"])
        #expect(status(answer) == 303 && answer.contains("SameSite=Strict; Secure\r\n"), "\(host)")
      }
      for (host, origin) in [
        ("robot.example", "http://robot.example"), ("robot.example", "https://evil.example"),
        ("evil.example", "https://robot.example"), ("robot.example:1", "https://robot.example"),
        ("example", "https://robot.example"), ("", "https://robot.example"),
      ] {
        #expect(status(try await asked(host, ["Origin: \(origin)"])) == 403, "\(host) \(origin)")
      }
    }
  }

  private static func cookie(_ answer: String, for address: WebAddress) -> String? {
    answer.split(separator: "\r\n").first { $0.hasPrefix("Set-Cookie: dpolicy-\(address.port)=") }
      .map { String($0.dropFirst("Set-Cookie: ".count).prefix { $0 != ";" }) }
  }
}
