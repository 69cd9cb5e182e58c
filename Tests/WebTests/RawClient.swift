import Foundation
import Web

/// A client that says exactly what it is told to; its waiting never holds up the server's threads.
final class RawClient: Sendable {
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  private let file: Int32

  init(_ address: WebAddress) throws {
    file = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var place = sockaddr_in()
    place.sin_family = sa_family_t(AF_INET)
    place.sin_port = address.port.bigEndian
    inet_pton(AF_INET, "127.0.0.1", &place.sin_addr)
    var patience = timeval(tv_sec: 300, tv_usec: 0)
    setsockopt(file, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    let status = withUnsafePointer(to: &place) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(file, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard status == 0 else { throw Failure(description: String(cString: strerror(errno))) }
  }

  deinit { close(file) }

  /// Sends; what a full buffer does not take is waited for.
  func send(_ bytes: some Sequence<UInt8>) async {
    let bytes = Array(bytes)
    await elsewhere { [file] in
      var sent = 0
      while sent < bytes.count {
        let count = bytes[sent...].withUnsafeBytes {
          Foundation.send(file, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
        guard count > 0 else { return }
        sent += count
      }
    }
  }

  func send(_ text: String) async { await send(text.utf8) }

  /// Says that nothing more will come.
  func finish() { shutdown(file, Int32(SHUT_WR)) }

  /// What comes next, or nothing at the end.
  func receive() async -> [UInt8] {
    await elsewhere { [file] in
      [UInt8](unsafeUninitializedCapacity: 65536) { buffer, count in
        count = max(0, recv(file, buffer.baseAddress, buffer.count, 0))
      }
    }
  }

  /// All that comes until the server ends.
  func receiveAll() async -> String {
    var bytes: [UInt8] = []
    while true {
      let more = await receive()
      if more.isEmpty { return String(decoding: bytes, as: UTF8.self) }
      bytes += more
    }
  }

  private func elsewhere<Value: Sendable>(_ work: @escaping @Sendable () -> Value) async -> Value {
    await withCheckedContinuation { continuation in
      // A thread of its own: the global queues' are those that run the server.
      Thread.detachNewThread { continuation.resume(returning: work()) }
    }
  }

  /// Sends a text and returns all that comes back.
  static func exchange(_ address: WebAddress, _ text: String) async throws -> String {
    let client = try RawClient(address)
    await client.send(text)
    client.finish()
    return await client.receiveAll()
  }

  /// Sends a request with a `Host` field and returns all that comes back.
  static func ask(
    _ address: WebAddress, _ line: String, _ fields: [String] = [], body: String = ""
  ) async throws -> String {
    var lines = [line, "Host: \(address.authority)"] + fields
    if !body.isEmpty { lines.append("Content-Length: \(body.utf8.count)") }
    return try await exchange(address, lines.joined(separator: "\r\n") + "\r\n\r\n" + body)
  }
}

/// The status of an answer.
func status(_ answer: String) -> Int? { Int(answer.dropFirst("HTTP/1.1 ".count).prefix(3)) }
