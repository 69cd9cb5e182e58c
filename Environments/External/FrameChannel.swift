import EnvironmentInterface
import Foundation

/// Frames over two file descriptors: two lengths of 32 bits, little-endian; a header in JSON; the
/// bytes of arrays one after another.
final class FrameChannel {
  static let largestHeader = 16 << 20
  static let largestBody = 256 << 20

  private let input: Int32
  private let output: Int32
  /// Whether they are a socket, to which can be written when nobody listens any more.
  private let isSocket: Bool
  private let encoder = JSONEncoder()
  private let decoder = JSONDecoder()

  init(input: Int32, output: Int32, isSocket: Bool) {
    self.input = input
    self.output = output
    self.isSocket = isSocket
    encoder.outputFormatting = [.withoutEscapingSlashes]
  }

  // MARK: Writing

  func send<Header: Encodable>(_ header: Header, _ arrays: [WireArray]) throws {
    let text: Data
    do {
      text = try encoder.encode(header)
    } catch {
      throw EnvironmentError.refused(reason: "a message holds a number that is none")
    }
    let size = arrays.reduce(0) { $0 + $1.bytes.count }
    var frame = Data(capacity: 8 + text.count + size)
    for length in [text.count, size] {
      withUnsafeBytes(of: UInt32(length).littleEndian) { frame.append(contentsOf: $0) }
    }
    frame.append(text)
    for array in arrays { frame.append(array.bytes) }
    try write(frame)
  }

  private func write(_ data: Data) throws {
    try data.withUnsafeBytes { bytes in
      var rest = UnsafeRawBufferPointer(bytes)
      while !rest.isEmpty {
        let count =
          isSocket
          ? systemSend(output, rest.baseAddress, rest.count)
          : systemWrite(output, rest.baseAddress, rest.count)
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { throw ChannelEnd.closed }
        rest = UnsafeRawBufferPointer(rebasing: rest[count...])
      }
    }
  }

  // MARK: Reading

  /// The next message; nil where the other side has ended between two messages.
  ///
  /// - Parameters:
  ///   - type: What its header is read as.
  ///   - arrays: The headings of the arrays that a header announces.
  ///   - deadline: When there must be all of it; nil for no such time.
  /// - Returns: The message.
  /// - Throws: ``ChannelEnd``.
  func receive<Header: Decodable>(
    _ type: Header.Type, arrays: (Header) -> [WireArray.Heading], deadline: ContinuousClock.Instant?
  ) throws -> Message<Header>? {
    guard let lengths = try read(8, deadline, mayEnd: true) else { return nil }
    let (headerSize, bodySize) = lengths.withUnsafeBytes { raw in
      (
        Int(UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: 0, as: UInt32.self))),
        Int(UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: 4, as: UInt32.self)))
      )
    }
    guard headerSize <= Self.largestHeader, bodySize <= Self.largestBody else {
      throw ChannelEnd.garbled("a message of \(headerSize) and \(bodySize) bytes")
    }
    let text = try read(headerSize, deadline) ?? Data()
    let body = try read(bodySize, deadline) ?? Data()
    let header: Header
    do {
      header = try decoder.decode(Header.self, from: text)
    } catch {
      let start = String(decoding: text.prefix(80), as: UTF8.self)
      throw ChannelEnd.garbled("a header that is none: '\(start)'")
    }
    var message = Message(header: header)
    var next = body.startIndex
    for heading in arrays(header) {
      guard let size = heading.size, size <= body.endIndex - next else {
        throw ChannelEnd.garbled("array '\(heading.name)' is longer than its message")
      }
      message.arrays.append(WireArray(heading, bytes: body[next..<next + size]))
      next += size
    }
    guard next == body.endIndex else {
      throw ChannelEnd.garbled("\(body.endIndex - next) bytes belong to no array")
    }
    return message
  }

  private func read(
    _ count: Int, _ deadline: ContinuousClock.Instant?, mayEnd: Bool = false
  ) throws -> Data? {
    var data = Data(count: count)
    var filled = 0
    while filled < count {
      if let deadline { try wait(until: deadline) }
      let got = data.withUnsafeMutableBytes { bytes in
        systemRead(input, bytes.baseAddress.map { $0 + filled }, count - filled)
      }
      if got < 0, errno == EINTR { continue }
      guard got > 0 else {
        if got == 0, filled == 0, mayEnd { return nil }
        throw ChannelEnd.closed
      }
      filled += got
    }
    return data
  }

  private func wait(until deadline: ContinuousClock.Instant) throws {
    while true {
      let left = (deadline - .now) / .milliseconds(1)
      guard left > 0 else { throw ChannelEnd.silent }
      var descriptor = pollfd(fd: input, events: Int16(POLLIN), revents: 0)
      let ready = poll(&descriptor, 1, Int32(min(left.rounded(.up), 60_000)))
      if ready > 0 { return }
      if ready < 0, errno != EINTR { throw ChannelEnd.closed }
    }
  }
}

/// Why nothing more comes over a channel.
enum ChannelEnd: Error {
  /// The other side has ended.
  case closed
  /// The other side does not answer in time.
  case silent
  /// What came is no message.
  case garbled(String)
}

private func systemRead(_ file: Int32, _ bytes: UnsafeMutableRawPointer?, _ count: Int) -> Int {
  guard let bytes else { return 0 }
  return read(file, bytes, count)
}

private func systemWrite(_ file: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
  write(file, bytes, count)
}

private func systemSend(_ file: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
  #if os(Linux)
    send(file, bytes, count, Int32(MSG_NOSIGNAL))
  #else
    send(file, bytes, count, 0)
  #endif
}
