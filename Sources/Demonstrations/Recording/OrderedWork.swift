import Dispatch
import Foundation
import Synchronization

/// Numbered pieces of work spread over threads, whose results arrive in order.
///
/// What is done and in which order it arrives never depends on the number of threads.
package struct OrderedWork: Sendable {
  /// How many threads work.
  package var threads: Int

  /// Creates work for so many threads, at least one.
  package init(threads: Int) {
    self.threads = threads
  }

  /// As many threads as there are processors.
  package static var defaultThreads: Int { max(1, ProcessInfo.processInfo.activeProcessorCount) }

  /// Works until the count is reached, `deliver` answers false, or something throws.
  ///
  /// - Parameters:
  ///   - count: The number of pieces; nil for no end.
  ///   - context: Makes what one thread works with; called at most once on each.
  ///   - job: Does one piece. It may also be called for pieces that are then not delivered.
  ///   - deliver: Takes the results in order, on the calling thread; false to stop.
  /// - Throws: The error of the first piece, in order, that failed, or what `deliver` throws.
  package func run<Context, Output: Sendable>(
    count: Int?, context: @escaping @Sendable () throws -> Context,
    job: @escaping @Sendable (Context, Int) throws -> Output,
    deliver: (Int, Output) throws -> Bool
  ) throws {
    // Beyond a few for each processor they only take memory, and none changes what comes out.
    let threads = max(1, min(threads, count ?? .max, 8 * Self.defaultThreads))
    // Workers stay at most this many pieces ahead, so that results do not pile up in memory.
    let board = Board<Output>(count: count, lead: 4 * threads)
    let workers = DispatchGroup()
    for _ in 0..<threads {
      workers.enter()
      Thread.detachNewThread {
        board.work(context: context, job: job)
        workers.leave()
      }
    }
    defer {
      board.stop(workers: threads)
      workers.wait()
    }
    var index = 0
    while count.map({ index < $0 }) ?? true {
      guard try deliver(index, board.take(index)) else { return }
      index += 1
    }
  }
}

/// Where workers find their next piece and leave its result.
private final class Board<Output: Sendable>: Sendable {
  private struct State {
    var next = 0
    var results: [Int: Result<Output, any Error>] = [:]
    var isStopped = false
  }

  private let count: Int?
  private let state = Mutex(State())
  private let room = DispatchSemaphore(value: 0)
  private let finished = DispatchSemaphore(value: 0)

  init(count: Int?, lead: Int) {
    self.count = count
    for _ in 0..<lead { room.signal() }
  }

  func work<Context>(
    context makeContext: () throws -> Context, job: (Context, Int) throws -> Output
  ) {
    var context: Result<Context, any Error>?
    while true {
      room.wait()
      guard let index = claim() else { return }
      let result = Result {
        let ready = context ?? Result { try makeContext() }
        context = ready
        return try job(ready.get(), index)
      }
      state.withLock { $0.results[index] = result }
      finished.signal()
    }
  }

  /// The result of one piece, as soon as it is there.
  func take(_ index: Int) throws -> Output {
    while true {
      if let result = state.withLock({ $0.results.removeValue(forKey: index) }) {
        room.signal()
        return try result.get()
      }
      finished.wait()
    }
  }

  func stop(workers: Int) {
    state.withLock { $0.isStopped = true }
    for _ in 0..<workers { room.signal() }
  }

  private func claim() -> Int? {
    state.withLock { state in
      guard !state.isStopped, count.map({ state.next < $0 }) ?? true else { return nil }
      defer { state.next += 1 }
      return state.next
    }
  }
}
