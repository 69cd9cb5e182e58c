import FlyingFox
import FlyingSocks
import Foundation

/// Carries a WebSocket's messages: one task reads, one writes, one asks for signs of life.
struct WebSocketSession {
  let socket: AsyncSocket
  let key: Int
  let table: ConnectionTable
  let limits: WebLimits
  let input: ConnectionInput

  /// Runs a conversation to its end.
  func run(_ conversation: @escaping @Sendable (WebSocket) async -> Void) async {
    let link = WebSocket(limits: limits)
    let talk = Task {
      await conversation(link)
      link.close(table.isStopping ? .goingAway : .normalClosure)
    }
    // What is under way is still said; nothing new is heard.
    table.atStop(key) {
      link.finishIncoming()
      talk.cancel()
    }
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await write(from: link) }
      group.addTask { await ask(link) }
      await read(into: link)
      // Nobody listens any more, or nobody may speak any more.
      talk.cancel()
      group.cancelAll()
    }
    await talk.value
    await linger()
  }

  /// Reads on for a moment: closing over unread bytes would take back the reason that was given.
  private func linger() async {
    _ = table.expect(.message, from: key, within: 1)
    var input = ConnectionInput(socket)
    await input.discard(limit: limits.lingerBytes)
  }

  private func read(into link: WebSocket) async {
    var input = input
    var frames = WebSocketFrames(limits: limits)
    _ = table.expect(.message, from: key, within: limits.silenceSeconds)
    do {
      while link.isOpen {
        let event = try await frames.next(from: &input) {
          // Once we have closed, the client's patience is not renewed.
          if link.isOpen {
            _ = table.expect(.message, from: key, within: limits.silenceSeconds)
          }
        }
        switch event {
        case .text(let text):
          table.prove(key)
          link.receive(text)
          await makeRoom(in: link)
        case .ping(let payload): link.pong(payload)
        case .pong: break
        case .close, nil: link.close(.normalClosure)
        }
      }
    } catch let violation as WebSocketFrames.Violation {
      link.close(violation.code)
    } catch {
      link.close(.abnormalClosure)
    }
  }

  /// Reads no further while too much waits for its turn: the client's own sending comes to a halt.
  private func makeRoom(in link: WebSocket) async {
    guard !link.hasRoom else { return }
    _ = table.expect(.message, from: key, within: nil)
    for await _ in link.isTaken where link.hasRoom { break }
    if link.isOpen { _ = table.expect(.message, from: key, within: limits.silenceSeconds) }
  }

  private func write(from link: WebSocket) async {
    do {
      for await _ in link.isReady { try await write(link.takeOutgoing()) }
      try await write(link.takeOutgoing())
    } catch {
      link.close(.abnormalClosure)
    }
    // The client has a moment to take leave; then the reader's wait ends.
    _ = table.expect(.message, from: key, within: 1)
    shutdown(socket.socket.file.rawValue, Int32(SHUT_WR))
  }

  private func write(_ data: Data) async throws {
    guard !data.isEmpty else { return }
    table.expectWritten(key, within: limits.writeSeconds)
    defer { table.expectWritten(key, within: nil) }
    try await socket.write(data)
  }

  private func ask(_ link: WebSocket) async {
    while link.isOpen, !Task.isCancelled {
      try? await Task.sleep(for: .seconds(limits.silenceSeconds / 3))
      link.ping()
    }
  }
}
