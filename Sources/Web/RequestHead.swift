import Foundation

/// The first line and the header fields of a request.
///
/// Strict where leniency has let requests be read in two ways: lines end in CR LF, names are
/// tokens, values are visible ASCII, nothing is folded, and no field that decides about anything
/// comes twice.
struct RequestHead {
  let method: String
  let target: String
  let isVersion11: Bool
  let headers: [String: String]

  /// Reads a head.
  ///
  /// - Parameters:
  ///   - bytes: The head, up to and without the empty line.
  ///   - fieldLimit: How many fields it may have.
  /// - Throws: ``RequestError``.
  init(_ bytes: some Collection<UInt8>, fieldLimit: Int) throws {
    guard bytes.allSatisfy({ (0x20...0x7e).contains($0) || [0x09, 0x0a, 0x0d].contains($0) }) else {
      throw RequestError(400, "the head holds bytes other than visible ASCII")
    }
    let text = String(decoding: bytes, as: UTF8.self)
    var lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for index in lines.indices where index < lines.endIndex - 1 {
      guard lines[index].last == 0x0d else {
        throw RequestError(400, "a line does not end in CR LF")
      }
      lines[index].removeLast()
    }
    guard !lines.contains(where: { $0.contains(0x0d) }) else {
      throw RequestError(400, "a CR without an LF")
    }
    let words = lines[0].split(separator: 0x20, omittingEmptySubsequences: false).map(String.init)
    guard words.count == 3, let method = words[0], let target = words[1], let version = words[2],
      Self.isToken(method), target.hasPrefix("/")
    else {
      throw RequestError(400, "the first line must read 'METHOD /path HTTP/1.1'")
    }
    guard version == "HTTP/1.1" || version == "HTTP/1.0" else {
      throw version.hasPrefix("HTTP/")
        ? RequestError(505, "this server speaks HTTP/1.1 only")
        : RequestError(400, "the first line must read 'METHOD /path HTTP/1.1'")
    }
    guard lines.count - 1 <= fieldLimit else {
      throw RequestError(431, "a request has at most \(fieldLimit) header fields")
    }
    self.method = method
    self.target = target
    isVersion11 = version == "HTTP/1.1"
    headers = try Self.fields(lines.dropFirst())
  }

  private static func fields(_ lines: some Sequence<Substring.UTF8View>) throws -> [String: String]
  {
    let singular: Set = ["host", "content-length", "authorization", "cookie", "origin"]
    var fields: [String: String] = [:]
    for line in lines {
      guard let colon = line.firstIndex(of: UInt8(ascii: ":")),
        let name = String(line[..<colon])?.lowercased(), isToken(name),
        let value = String(line[line.index(after: colon)...])
      else { throw RequestError(400, "a header field must read 'Name: value'") }
      let trimmed = value.trimmingCharacters(in: .whitespaces)
      if let earlier = fields[name] {
        guard !singular.contains(name) else {
          throw RequestError(400, "the header field '\(name)' comes twice")
        }
        fields[name] = "\(earlier), \(trimmed)"
      } else {
        fields[name] = trimmed
      }
    }
    return fields
  }

  /// Whether a text may be a method or the name of a field.
  private static func isToken(_ text: String) -> Bool {
    !text.isEmpty
      && text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"):
          true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
      }
  }

  /// How many bytes of body follow.
  ///
  /// - Parameter limit: How many there may be.
  /// - Returns: The number.
  /// - Throws: ``RequestError``.
  func bodyLength(limit: Int) throws -> Int {
    guard headers["transfer-encoding"] == nil else {
      throw RequestError(411, "a body must come in one piece, with Content-Length")
    }
    guard let text = headers["content-length"] else { return 0 }
    guard !text.isEmpty, text.utf8.allSatisfy((UInt8(ascii: "0")...UInt8(ascii: "9")).contains)
    else { throw RequestError(400, "Content-Length is '\(text)', but must be a number of bytes") }
    guard let length = Int(text), length <= limit else {
      throw RequestError(413, "a body has at most \(limit) bytes")
    }
    return length
  }

  /// Whether the client wants to send another request over the same connection.
  var keepsAlive: Bool {
    let words = (headers["connection"] ?? "").lowercased().split(separator: ",")
      .map { $0.trimmingCharacters(in: .whitespaces) }
    return isVersion11 ? !words.contains("close") : words.contains("keep-alive")
  }

  /// Whether the client waits to be asked for the body.
  var expectsContinue: Bool { headers["expect"]?.lowercased() == "100-continue" }

  /// Whether the client wants to speak WebSocket.
  var isUpgrade: Bool { headers["upgrade"]?.lowercased() == "websocket" }

  /// The request, yet without its body.
  ///
  /// - Parameter connection: The number of the connection that it came over.
  /// - Returns: The request.
  func request(over connection: Int) -> WebRequest {
    let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    var query: [String: String] = [:]
    for field in parts.count > 1 ? parts[1].split(separator: "&") : [] {
      let pair = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        .map { $0.replacing("+", with: " ").removingPercentEncoding ?? "" }
      if query[pair[0]] == nil { query[pair[0]] = pair.count > 1 ? pair[1] : "" }
    }
    return WebRequest(
      method: method, path: String(parts[0]), query: query,
      fields: parts.count > 1 ? parts[1].split(separator: "&").map(String.init) : [],
      headers: headers, body: Data(), connection: connection, keepsAlive: keepsAlive)
  }
}
