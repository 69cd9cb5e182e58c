import FlyingFox
package import Foundation
import Synchronization

/// One conversation with a page or a program: texts in, texts or bytes out.
///
/// What waits to be sent is bounded. A frame that may be skipped is skipped when the reader is
/// slow; if one that may not has no room, the reader is too slow to be served and the conversation
/// ends.
package final class WebSocket: Sendable {
  private struct State {
    var queue: [Data] = []
    var bytes = 0
    var unread = 0
    var unreadBytes = 0
    var closing: WSCloseCode?
  }

  /// The texts that come in.
  package struct Messages: AsyncSequence, Sendable {
    /// Hands out one text after another.
    package struct Iterator: AsyncIteratorProtocol {
      fileprivate var texts: AsyncStream<Data>.Iterator
      fileprivate let socket: WebSocket

      /// Waits for the next text; nil when there will be none.
      package mutating func next() async -> Data? {
        let text = await texts.next()
        guard let text else { return nil }
        socket.state.withLock { state in
          state.unread -= 1
          state.unreadBytes -= text.count
        }
        socket.taken.yield()
        return text
      }
    }

    fileprivate let socket: WebSocket

    /// Begins to read; there is one reader.
    package func makeAsyncIterator() -> Iterator {
      Iterator(texts: socket.texts.makeAsyncIterator(), socket: socket)
    }
  }

  /// The texts that come in, as UTF-8; they end when the client leaves or the server stops.
  ///
  /// For one reader. Whether a text is JSON, and whether that says anything, is the reader's to
  /// check.
  package var messages: Messages { Messages(socket: self) }
  private let texts: AsyncStream<Data>
  private let incoming: AsyncStream<Data>.Continuation
  private let limits: WebLimits
  private let state = Mutex(State())
  /// Yields when there is something to send.
  let isReady: AsyncStream<Void>
  private let ready: AsyncStream<Void>.Continuation
  /// Yields when the conversation has taken a message.
  let isTaken: AsyncStream<Void>
  private let taken: AsyncStream<Void>.Continuation

  init(limits: WebLimits) {
    self.limits = limits
    (texts, incoming) = AsyncStream.makeStream()
    (isReady, ready) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    (isTaken, taken) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  /// Whether the conversation goes on.
  package var isOpen: Bool { state.withLock { $0.closing == nil } }

  /// Sends a text; returns at once.
  ///
  /// - Parameters:
  ///   - text: The text as UTF-8, such as a JSON document.
  ///   - isSkippable: Whether it may be left out when earlier ones still wait, as a picture of what
  ///     has passed may.
  /// - Returns: Whether it will be sent.
  @discardableResult
  package func send(_ text: Data, isSkippable: Bool = false) -> Bool {
    enqueue(.text, text, isSkippable: isSkippable)
  }

  /// Sends bytes; returns at once.
  ///
  /// - Parameters:
  ///   - bytes: The bytes.
  ///   - isSkippable: Whether they may be left out when earlier ones still wait.
  /// - Returns: Whether they will be sent.
  @discardableResult
  package func send(bytes: Data, isSkippable: Bool = false) -> Bool {
    enqueue(.binary, bytes, isSkippable: isSkippable)
  }

  /// Ends the conversation after what waits has been sent.
  package func close() {
    close(.normalClosure)
  }

  private func enqueue(_ opcode: WSFrame.Opcode, _ payload: Data, isSkippable: Bool) -> Bool {
    let frame = WebSocketFrames.encoded(opcode, payload)
    let isQueued: Bool? = state.withLock { state in
      guard state.closing == nil else { return false }
      // Two frames under way keep a steady reader busy; more would only be late.
      let isFull =
        isSkippable
        ? state.queue.count >= 2
        : state.queue.count >= limits.outgoingMessages
          || state.bytes + frame.count > limits.outgoingBytes
      guard !isFull else { return isSkippable ? false : nil }
      state.queue.append(frame)
      state.bytes += frame.count
      return true
    }
    ready.yield()
    if isQueued == nil { close(.policyViolation, "reads too slowly", dropping: true) }
    return isQueued ?? false
  }

  // MARK: The connection's side

  /// Answers a ping; not if earlier answers still wait.
  func pong(_ payload: Data) {
    _ = enqueue(.pong, payload, isSkippable: true)
  }

  /// Asks the client for a sign of life.
  func ping() {
    _ = enqueue(.ping, Data(), isSkippable: true)
  }

  /// Ends the conversation.
  func close(_ code: WSCloseCode, _ reason: String? = nil, dropping: Bool = false) {
    state.withLock { state in
      guard state.closing == nil else { return }
      let code = reason.map { WSCloseCode(code.code, reason: $0) } ?? code
      state.closing = code
      if dropping { state.queue = [] }
      state.queue.append(WebSocketFrames.encoded(.close, WSFrame.close(code: code).payload))
    }
    incoming.finish()
    ready.finish()
    taken.finish()
  }

  /// Ends what comes in; what waits to be sent, and what the conversation has yet to say, is sent.
  func finishIncoming() {
    incoming.finish()
  }

  /// Hands a message to the conversation.
  func receive(_ text: Data) {
    state.withLock { state in
      state.unread += 1
      state.unreadBytes += text.count
    }
    incoming.yield(text)
  }

  /// Whether another message may wait for the conversation.
  var hasRoom: Bool {
    state.withLock {
      $0.unread < limits.incomingMessages && $0.unreadBytes < limits.incomingBytes
    }
  }

  /// What waits to be sent, in one piece.
  func takeOutgoing() -> Data {
    state.withLock { state in
      defer {
        state.queue = []
        state.bytes = 0
      }
      return state.queue.count == 1 ? state.queue[0] : state.queue.reduce(into: Data()) { $0 += $1 }
    }
  }
}
