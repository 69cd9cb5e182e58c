import EnvironmentInterface
import Foundation
import Synchronization

/// A simulator in a process of its own, asked one thing after another.
///
/// Several threads may ask; each waits for its turn. After a failure every further question throws
/// the same: its worlds are gone.
final class WorkerProcess: Sendable {
  private struct Line {
    var channel: FrameChannel?
    var failure: EnvironmentError?
    var asked = 0
  }

  /// How it was started, for messages.
  let command: [String]
  private let timeout: Duration
  private let process: ProcessHandle
  private let line: Mutex<Line>
  private let worldCount = Mutex(0)

  /// How many worlds it holds.
  var worlds: Int { worldCount.withLock { $0 } }

  /// Whether it can be asked.
  var isAlive: Bool { line.withLock { $0.failure == nil } }

  /// Starts a program and greets it.
  ///
  /// - Parameters:
  ///   - command: The program and its arguments.
  ///   - timeout: How long an answer may take.
  /// - Throws: `EnvironmentError` where it does not start or speaks otherwise.
  init(_ command: [String], timeout: Duration) throws {
    self.command = command
    self.timeout = timeout
    var ends: [Int32] = [-1, -1]
    guard socketpair(AF_UNIX, streamSocket, 0, &ends) == 0 else {
      throw EnvironmentError.lost(reason: "no connection to a simulator: \(systemReason())")
    }
    #if !os(Linux)
      var on: Int32 = 1
      setsockopt(ends[0], SOL_SOCKET, SO_NOSIGPIPE, &on, socklen_t(MemoryLayout<Int32>.size))
    #endif
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    process = try ProcessHandle(command, end: ends[1], own: ends[0])
    line = Mutex(
      Line(channel: FrameChannel(input: ends[0], output: ends[0], isSocket: true)))
  }

  /// Asks and waits for the answer.
  ///
  /// - Throws: `EnvironmentError` for what the simulator does not do, and
  ///   `EnvironmentError` where there is no answer.
  func ask(_ request: Request, _ arrays: [WireArray] = []) throws -> Message<Reply> {
    try line.withLock { line in
      if let failure = line.failure { throw failure }
      guard let channel = line.channel else { throw lost("was closed") }
      line.asked += 1
      var request = request
      request.id = line.asked
      if !arrays.isEmpty { request.arrays = arrays.map(\.heading) }
      let answer: Message<Reply>
      do {
        try channel.send(request, arrays)
        guard
          let message = try channel.receive(
            Reply.self, arrays: { $0.arrays ?? [] }, deadline: .now + timeout)
        else { throw ChannelEnd.closed }
        guard message.header.id == line.asked else {
          throw ChannelEnd.garbled("answer \(message.header.id) to question \(line.asked)")
        }
        answer = message
      } catch let end as ChannelEnd {
        let failure = failure(after: end, of: request.call)
        line.failure = failure
        line.channel = nil
        throw failure
      }
      if let error = answer.header.error { throw EnvironmentError.refused(reason: error) }
      return answer
    }
  }

  /// Counts worlds that were made, or are no longer used.
  func count(_ change: Int) { worldCount.withLock { $0 += change } }

  private func lost(_ words: String) -> EnvironmentError {
    .lost(reason: "the simulator '\(command.joined(separator: " "))' \(words)")
  }

  private func failure(after end: ChannelEnd, of call: String) -> EnvironmentError {
    switch end {
    case .silent:
      process.kill()
      return lost(
        "(process \(process.identifier)) did not answer '\(call)' within \(timeout.words)"
          + " and was ended")
    case .garbled(let what):
      process.kill()
      return lost("answered '\(call)' with \(what); nothing but messages may go to its output")
    case .closed:
      let ending = process.waitForEnd()
      return lost("(process \(process.identifier)) \(ending) at '\(call)'" + process.lastWords())
    }
  }
}

extension Duration {
  fileprivate var words: String {
    let seconds = self / .seconds(1)
    return seconds == seconds.rounded() ? "\(Int(seconds)) s" : "\(seconds) s"
  }
}

#if os(Linux)
  private let streamSocket = Int32(SOCK_STREAM.rawValue)
#else
  private let streamSocket = SOCK_STREAM
#endif

private func systemReason() -> String { String(cString: strerror(errno)) }

/// The process, which ends with its handle.
private final class ProcessHandle: @unchecked Sendable {
  // It is asked by one thread at a time: by what holds the worker's line, and at the end.
  private let process: ChildProcess
  private let complaints: FileHandle?
  private let own: Int32

  var identifier: Int32 { process.identifier }

  /// Starts a program whose input and output are one end of a socket, which is closed here.
  init(_ command: [String], end: Int32, own: Int32) throws {
    self.own = own
    // A file without a name and no pipe, which would be full one day.
    let path = FileManager.default.temporaryDirectory
      .appendingPathComponent("dpolicy-worker-\(UUID().uuidString)").path
    let file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    unlink(path)
    complaints = file >= 0 ? FileHandle(fileDescriptor: file, closeOnDealloc: true) : nil
    let errors = file >= 0 ? file : open("/dev/null", O_WRONLY | O_CLOEXEC)
    defer {
      close(end)
      if file < 0 { close(errors) }
    }
    do {
      process = try ChildProcess("/usr/bin/env", command, inputAndOutput: end, errors: errors)
    } catch {
      close(own)
      throw EnvironmentError.lost(
        reason: "the simulator '\(command.joined(separator: " "))' does not start")
    }
  }

  deinit {
    // Its input ends, and so does it; whoever does not is made to.
    shutdown(own, Int32(SHUT_RDWR))
    close(own)
    if !process.waitForEnd(atMost: .seconds(2)) { kill() }
  }

  func kill() { process.kill() }

  /// How it ended, in words; whoever has closed its output but goes on is made to end.
  func waitForEnd() -> String {
    guard process.waitForEnd(atMost: .seconds(2)), let ending = process.ending else {
      kill()
      return "closed its output"
    }
    return ending
  }

  /// The last line that it complained with, after a colon; empty for none.
  func lastWords() -> String {
    guard let complaints, let end = try? complaints.seekToEnd() else { return "" }
    try? complaints.seek(toOffset: end > 4096 ? end - 4096 : 0)
    let text = String(decoding: (try? complaints.readToEnd()) ?? Data(), as: UTF8.self)
    let line = text.split(whereSeparator: \.isNewline).last { !$0.allSatisfy(\.isWhitespace) }
    return line.map { ": \($0.trimmingCharacters(in: .whitespaces))" } ?? ""
  }
}
