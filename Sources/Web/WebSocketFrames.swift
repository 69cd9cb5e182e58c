import FlyingFox
import Foundation

/// Reads a client's frames and puts its messages together, within bounds.
struct WebSocketFrames {
  /// What a client said.
  enum Event {
    case text(Data)
    case ping(Data)
    case pong
    case close
  }

  /// A conversation that cannot go on.
  struct Violation: Error {
    let code: WSCloseCode

    init(_ code: WSCloseCode, _ reason: String) {
      self.code = WSCloseCode(code.code, reason: reason)
    }
  }

  private let messageBytes: Int
  private var rate: RateLimit
  private var message = Data()
  private var isWithinMessage = false

  init(limits: WebLimits) {
    messageBytes = limits.messageBytes
    rate = RateLimit(perSecond: limits.messagesPerSecond)
  }

  /// Waits for the next message, ping, pong or close.
  ///
  /// - Parameters:
  ///   - input: The connection.
  ///   - heard: Called with each frame.
  /// - Returns: What was said; nil if the client has gone.
  /// - Throws: ``Violation``, and what the socket throws.
  mutating func next(from input: inout ConnectionInput, heard: () -> Void) async throws -> Event? {
    while let frame = try await frame(from: &input) {
      heard()
      guard rate.allows() else { throw Violation(.policyViolation, "too many frames a second") }
      switch frame.opcode {
      case .ping: return .ping(frame.payload)
      case .pong: return .pong
      case .close: return .close
      case .text where !isWithinMessage: message = frame.payload
      case .continuation where isWithinMessage: message.append(frame.payload)
      case .binary: throw Violation(.unsupportedData, "only text messages are accepted")
      default: throw Violation(.protocolError, "a frame out of order")
      }
      isWithinMessage = !frame.fin
      if frame.fin {
        guard String(validating: message, as: UTF8.self) != nil else {
          throw Violation(.invalidFramePayload, "a text that is not UTF-8")
        }
        defer { message = Data() }
        return .text(message)
      }
    }
    return nil
  }

  private func frame(from input: inout ConnectionInput) async throws -> WSFrame? {
    guard let first = try await input.take(2).map(Array.init) else { return nil }
    let opcode = WSFrame.Opcode(first[0] & 0x0f)
    let isControl = opcode.rawValue >= 8
    let known: [WSFrame.Opcode] = [.continuation, .text, .binary, .close, .ping, .pong]
    guard first[0] & 0x70 == 0, known.contains(opcode), first[1] & 0x80 != 0 else {
      throw Violation(.protocolError, "a malformed frame")
    }
    let isFinal = first[0] & 0x80 != 0
    var length = Int(first[1] & 0x7f)
    guard !isControl || (isFinal && length <= 125) else {
      throw Violation(.protocolError, "a control frame that is too long or fragmented")
    }
    if length >= 126 {
      guard let bytes = try await input.take(length == 126 ? 2 : 8) else { return nil }
      guard bytes.count == 2 || bytes.prefix(4).allSatisfy({ $0 == 0 }) else {
        throw Violation(.messageTooBig, "a message has at most \(messageBytes) bytes")
      }
      length = bytes.reduce(0) { $0 << 8 | Int($1) }
    }
    guard length + (isControl ? 0 : message.count) <= messageBytes else {
      throw Violation(.messageTooBig, "a message has at most \(messageBytes) bytes")
    }
    guard let mask = try await input.take(4).map(Array.init),
      let masked = try await input.take(length)
    else { return nil }
    var payload = Data(masked)
    payload.withUnsafeMutableBytes { bytes in
      for index in bytes.indices { bytes[index] ^= mask[index & 3] }
    }
    return WSFrame(fin: isFinal, opcode: opcode, mask: nil, payload: payload)
  }

  /// A frame of ours on the wire: in one piece and, as a server's are, not masked.
  static func encoded(_ opcode: WSFrame.Opcode, _ payload: Data) -> Data {
    var data = Data([0x80 | opcode.rawValue])
    switch payload.count {
    case ...125:
      data.append(UInt8(payload.count))
    case ...0xffff:
      data.append(126)
      withUnsafeBytes(of: UInt16(payload.count).bigEndian) { data.append(contentsOf: $0) }
    default:
      data.append(127)
      withUnsafeBytes(of: UInt64(payload.count).bigEndian) { data.append(contentsOf: $0) }
    }
    data.append(payload)
    return data
  }
}

/// How many events a second are allowed: a bucket that fills at that rate and holds two seconds'
/// worth.
private struct RateLimit {
  private let perSecond: Double
  private var allowance: Double
  private var latest = ContinuousClock.now

  init(perSecond: Double) {
    self.perSecond = perSecond
    allowance = 2 * perSecond
  }

  mutating func allows() -> Bool {
    let now = ContinuousClock.now
    allowance = min(2 * perSecond, allowance + (now - latest) / .seconds(1) * perSecond) - 1
    latest = now
    return allowance >= 0
  }
}
