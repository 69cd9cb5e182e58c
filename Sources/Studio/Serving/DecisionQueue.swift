import Foundation
import Imitation
import Synchronization

/// One policy on a thread of its own, asked by many.
///
/// The thread takes all decisions that wait, up to the batch's limit, makes them in one call and
/// answers each. It never waits for more to come: batches form while it is busy.
final class DecisionQueue: Sendable {
  /// Why a decision was not made.
  enum Refusal: Error, CustomStringConvertible {
    case full(limit: Int)
    case stopped

    var description: String {
      switch self {
      case .full(let limit): "\(limit) decisions wait already; ask again in a moment"
      case .stopped: "the server stops"
      }
    }
  }

  private struct Entry {
    let request: DecisionRequest
    let asked: ContinuousClock.Instant
    let answer: CheckedContinuation<[[Double]], any Error>
  }

  private struct State {
    var waiting: [Entry] = []
    var isStopped = false
    var figures = ServingFigures()
    var latencies = LatencyRecord()
  }

  private let configuration: ServingConfiguration
  private let state = Mutex(State())
  private let work = DispatchSemaphore(value: 0)

  /// Starts the thread.
  ///
  /// - Parameters:
  ///   - policy: The policy; nobody else uses it from now on.
  ///   - configuration: The limits.
  init(_ policy: sending Policy, configuration: ServingConfiguration) {
    self.configuration = configuration
    // Sent, so the thread is its only user.
    nonisolated(unsafe) let policy = policy
    let thread = Thread { [self] in run(policy) }
    thread.name = "deciding"
    thread.stackSize = 8 << 20
    thread.start()
  }

  /// Makes a decision when its turn comes.
  ///
  /// - Parameter request: What is asked.
  /// - Returns: The actions to execute.
  /// - Throws: ``Refusal``, and what the policy throws.
  func decide(_ request: DecisionRequest) async throws -> [[Double]] {
    try await withCheckedThrowingContinuation { continuation in
      let refusal: Refusal? = state.withLock { state in
        if state.isStopped { return .stopped }
        if state.waiting.count >= configuration.queueLimit {
          state.figures.rejected += 1
          return .full(limit: configuration.queueLimit)
        }
        state.waiting.append(Entry(request: request, asked: .now, answer: continuation))
        return nil
      }
      if let refusal { continuation.resume(throwing: refusal) } else { work.signal() }
    }
  }

  /// Counts a request that could not be decided on.
  func countMalformed() {
    state.withLock { $0.figures.malformed += 1 }
  }

  /// How it fares.
  var figures: ServingFigures {
    let (figures, latencies, waiting) = state.withLock {
      ($0.figures, $0.latencies, $0.waiting.count)
    }
    var result = figures
    result.waiting = waiting
    result.latencyMilliseconds = latencies.latency
    return result
  }

  /// Makes the decisions that wait, takes no more, and ends the thread; returns at once.
  func stop() {
    state.withLock { $0.isStopped = true }
    work.signal()
  }

  // MARK: On the thread

  private func run(_ policy: Policy) {
    var decisions = 0
    while true {
      work.wait()
      let (batch, isStopped) = state.withLock { state in
        let batch = Array(state.waiting.prefix(configuration.batchLimit))
        state.waiting.removeFirst(batch.count)
        return (batch, state.isStopped && state.waiting.isEmpty)
      }
      if !batch.isEmpty {
        // Those were counted one by one; their signals find nothing left to do.
        decide(batch, with: policy, after: &decisions)
      }
      if isStopped { return }
    }
  }

  private func decide(_ batch: [Entry], with policy: Policy, after decisions: inout Int) {
    var keys: [DecisionKey] = []
    for entry in batch {
      keys.append(entry.request.key(after: decisions))
      decisions += 1
    }
    let results: [Result<[[Double]], any Error>]
    do {
      results = try policy.actions(batch.map(\.request.window), keys: keys).map { .success($0) }
    } catch {
      // Whoever it was, the others get their answers.
      results = zip(batch, keys).map { entry, key in
        Result { try policy.actions([entry.request.window], keys: [key])[0] }
      }
    }
    let now = ContinuousClock.now
    state.withLock { state in
      state.figures.batches += 1
      state.figures.decisions += batch.count
      state.figures.largestBatch = max(state.figures.largestBatch, batch.count)
      for entry in batch { state.latencies.append((now - entry.asked) / .milliseconds(1)) }
    }
    for (entry, result) in zip(batch, results) { entry.answer.resume(with: result) }
  }
}
