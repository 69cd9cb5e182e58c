import Foundation
import Imitation
import Synchronization

/// One policy on a thread of its own, asked by many.
///
/// Documents wait in a ``FairQueue``; a few threads read them, never more than one batch ahead of
/// the policy. Its thread takes all decisions that are read, up to the batch's limit, makes them in
/// one call and answers each. It never waits for more to come: batches form while it is busy.
final class DecisionQueue: Sendable {
  /// A decision.
  struct Answer: Sendable {
    /// The actions to execute.
    let actions: [[Double]]
    /// What the client calls it, as JSON.
    let id: String?
  }

  /// Why a decision was not made.
  enum Refusal: Error, CustomStringConvertible {
    case full(limit: Int)
    case stopped

    var description: String {
      switch self {
      case .full(1): "1 decision is waiting already; try again in a moment"
      case .full(let limit): "\(limit) decisions are waiting already; try again in a moment"
      case .stopped: "the server is stopping"
      }
    }
  }

  /// A decision that the policy could not make.
  struct Failure: Error {
    let error: any Error
    let id: String?
  }

  private struct Asked {
    let document: Data
    let time: ContinuousClock.Instant
    let answer: CheckedContinuation<Answer, any Error>
  }

  private struct Entry {
    let request: DecisionRequest
    let asked: Asked
  }

  private struct State {
    var waiting: FairQueue<Asked>
    var reading = 0
    var ready: [Entry] = []
    var isStopped = false
    var figures = ServingFigures()
    var latencies = LatencyRecord()
    var histogram = LatencyHistogram()

    var isAtEnd: Bool { isStopped && waiting.isEmpty && reading == 0 && ready.isEmpty }
  }

  /// What a decision costs beside the reading of its document, in bytes of it.
  private static let decisionCost = 2048
  /// The bytes of all documents that wait.
  private static let byteLimit = 32 << 20

  private let configuration: ServingConfiguration
  private let format: DecisionFormat
  private let state: Mutex<State>
  private let toRead = DispatchSemaphore(value: 0)
  private let toDecide = DispatchSemaphore(value: 0)

  /// Starts the threads.
  ///
  /// - Parameters:
  ///   - agent: The policy; nobody else uses it from now on.
  ///   - configuration: The limits.
  ///   - format: How documents are read.
  init(
    _ agent: sending EstimatingAgent, configuration: ServingConfiguration, format: DecisionFormat
  ) {
    self.configuration = configuration
    self.format = format
    state = Mutex(
      State(
        waiting: FairQueue(countLimit: configuration.queueLimit, byteLimit: Self.byteLimit)))
    // Sent, so the thread is its only user.
    nonisolated(unsafe) let agent = agent
    start("deciding") { [self] in decide(with: agent) }
    // Half of the cores are left to the policy and to the connections.
    for _ in 0..<min(8, max(1, ProcessInfo.processInfo.activeProcessorCount / 2)) {
      start("reading") { [self] in read() }
    }
  }

  private func start(_ name: String, _ work: sending @escaping () -> Void) {
    // Sent, so the thread is its only user.
    nonisolated(unsafe) let work = work
    let thread = Thread { work() }
    thread.name = name
    thread.stackSize = 8 << 20
    thread.start()
  }

  /// Makes a decision when its turn comes.
  ///
  /// - Parameters:
  ///   - document: What is asked.
  ///   - client: Who asks: clients have their turns fairly.
  /// - Returns: The actions to execute.
  /// - Throws: `MalformedRequest`, ``Refusal``, and ``Failure`` with what the policy throws.
  func decide(_ document: Data, from client: Int) async throws -> Answer {
    try await withCheckedThrowingContinuation { continuation in
      let asked = Asked(document: document, time: .now, answer: continuation)
      let (refused, refusal) = state.withLock { state -> ([Asked], Refusal) in
        if state.isStopped { return ([asked], .stopped) }
        let refused = state.waiting.add(
          asked, from: client, bytes: document.count, cost: Self.decisionCost,
          reserved: state.reading + state.ready.count)
        state.figures.rejected += refused.count
        return (refused, .full(limit: configuration.queueLimit))
      }
      for asked in refused { asked.answer.resume(throwing: refusal) }
      toRead.signal()
    }
  }

  /// How it fares.
  var figures: ServingFigures {
    state.withLock { state in
      var figures = state.figures
      figures.waiting = state.waiting.count + state.reading + state.ready.count
      figures.latencyMilliseconds = state.latencies.latency
      return figures
    }
  }

  /// How long decisions took.
  var histogram: LatencyHistogram { state.withLock(\.histogram) }

  /// Makes the decisions that wait, takes no more, and ends the threads; returns at once.
  func stop() {
    state.withLock { $0.isStopped = true }
    toRead.signal()
    toDecide.signal()
  }

  // MARK: On the threads that read

  private func read() {
    while true {
      toRead.wait()
      while let asked = nextToRead() { read(asked) }
      if state.withLock({ $0.isStopped && $0.waiting.isEmpty }) {
        // The other threads see it, too.
        toRead.signal()
        toDecide.signal()
        return
      }
    }
  }

  private func nextToRead() -> Asked? {
    state.withLock { state in
      guard state.reading + state.ready.count < configuration.batchLimit,
        let asked = state.waiting.take()
      else { return nil }
      state.reading += 1
      return asked
    }
  }

  private func read(_ asked: Asked) {
    let result = Result { () throws(MalformedRequest) in try format.request(asked.document) }
    state.withLock { state in
      state.reading -= 1
      switch result {
      case .success(let request): state.ready.append(Entry(request: request, asked: asked))
      case .failure: state.figures.malformed += 1
      }
    }
    if case .failure(let error) = result { asked.answer.resume(throwing: error) }
    toDecide.signal()
  }

  // MARK: On the thread that decides

  private func decide(with agent: EstimatingAgent) {
    var decisions = 0
    while true {
      toDecide.wait()
      let batch = state.withLock { state in
        let batch = Array(state.ready.prefix(configuration.batchLimit))
        state.ready.removeFirst(batch.count)
        return batch
      }
      if !batch.isEmpty {
        // There is room for the next; the signals of those in the batch find nothing left to do.
        toRead.signal()
        decide(batch, with: agent, after: &decisions)
      }
      if state.withLock(\.isAtEnd) { return }
    }
  }

  private func decide(_ batch: [Entry], with agent: EstimatingAgent, after decisions: inout Int) {
    var keys: [DecisionKey] = []
    for entry in batch {
      keys.append(entry.request.key(after: decisions))
      decisions += 1
    }
    let results: [Result<[[Double]], any Error>]
    do {
      results = try agent.actions(batch.map(\.request.window), keys: keys).map { .success($0) }
    } catch {
      // Whoever it was, the others get their answers.
      results = zip(batch, keys).map { entry, key in
        Result { try agent.actions([entry.request.window], keys: [key])[0] }
      }
    }
    let now = ContinuousClock.now
    state.withLock { state in
      state.figures.batches += 1
      state.figures.decisions += batch.count
      state.figures.largestBatch = max(state.figures.largestBatch, batch.count)
      for entry in batch {
        let seconds = (now - entry.asked.time) / .seconds(1)
        state.latencies.append(1000 * seconds)
        state.histogram.add(seconds)
      }
    }
    for (entry, result) in zip(batch, results) {
      let id = entry.request.id
      entry.asked.answer.resume(
        with: result.map { Answer(actions: $0, id: id) }.mapError { Failure(error: $0, id: id) })
    }
  }
}
