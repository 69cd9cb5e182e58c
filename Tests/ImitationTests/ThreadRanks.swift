import Foundation
import Neural

/// Processes that are threads: each has a memory of its own and talks by copies in a mailbox.
final class ThreadRanks: TrainingRanks {
  /// What is under way.
  final class Mailbox: @unchecked Sendable {
    private struct Way: Hashable {
      let from, to: Int
    }

    private let condition = NSCondition()
    private var letters: [Way: [[Float]]] = [:]

    func put(_ values: [Float], from: Int, to: Int) {
      condition.lock()
      letters[Way(from: from, to: to), default: []].append(values)
      condition.broadcast()
      condition.unlock()
    }

    func take(from: Int, to: Int) -> [Float] {
      condition.lock()
      defer { condition.unlock() }
      let way = Way(from: from, to: to)
      while letters[way, default: []].isEmpty { condition.wait() }
      return letters[way, default: []].removeFirst()
    }
  }

  let rank: Int
  let count: Int
  private let mailbox: Mailbox

  private init(_ rank: Int, of count: Int, _ mailbox: Mailbox) {
    (self.rank, self.count, self.mailbox) = (rank, count, mailbox)
  }

  func exchange(sending: [RankMessage], receiving: [RankMessage]) {
    for message in sending { mailbox.put(Array(message.values), from: rank, to: message.peer) }
    for message in receiving {
      _ = message.values.update(fromContentsOf: mailbox.take(from: message.peer, to: rank))
    }
  }

  /// Runs one body for each of so many processes at once.
  static func run(_ count: Int, _ body: @escaping @Sendable (ThreadRanks) throws -> Void) throws {
    let mailbox = Mailbox()
    let group = DispatchGroup()
    let failures = Failures()
    for rank in 0..<count {
      group.enter()
      Thread.detachNewThread {
        do {
          try body(ThreadRanks(rank, of: count, mailbox))
        } catch {
          failures.add(error)
        }
        group.leave()
      }
    }
    group.wait()
    if let first = failures.first { throw first }
  }

  private final class Failures: @unchecked Sendable {
    private let lock = NSLock()
    private var errors: [any Error] = []

    var first: (any Error)? { lock.withLock { errors.first } }

    func add(_ error: any Error) { lock.withLock { errors.append(error) } }
  }
}
