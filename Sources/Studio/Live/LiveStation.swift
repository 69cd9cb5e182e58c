import Dispatch
public import Foundation
import Synchronization

/// Runs a ``LivePage`` on a thread of its own, by a clock of its own.
///
/// Connections come and go on any thread; their messages wait in a bounded queue. A tick that comes
/// late is made up for, but never more than a few: after a long stall the clock starts over.
public final class LiveStation: Sendable {
  /// Takes a document for one page; called on the station's thread.
  ///
  /// A document may be skipped where another is sure to follow soon.
  public typealias Sending = @Sendable (_ document: Data, _ isSkippable: Bool) -> Void

  private enum Event: Sendable {
    case connected(Int, Sending)
    case message(Data, from: Int)
    case disconnected(Int)
  }

  private struct State: Sendable {
    var inbox: [Event] = []
    var nextClient = 1
    var isStopping = false
    /// Why the page could not be closed.
    var failure: (any Error)?
  }

  /// The number of messages that may wait; more are dropped.
  private static let inboxLimit = 1024
  /// The number of periods that the clock makes up for.
  private static let lag = 3

  private let state = Mutex(State())
  private let wake = DispatchSemaphore(value: 0)
  private let ended = DispatchSemaphore(value: 0)

  /// Starts the thread.
  ///
  /// - Parameters:
  ///   - name: The thread's name.
  ///   - makePage: Makes the page, on that thread.
  public init(_ name: String, page makePage: @escaping @Sendable () -> any LivePage) {
    let thread = Thread { [self] in
      run(makePage())
      ended.signal()
    }
    thread.name = name
    // Compiling a network and resolving a planner's tree want more than the usual half megabyte.
    thread.stackSize = 8 << 20
    thread.start()
  }

  /// A page has connected.
  ///
  /// - Parameter send: Takes what the page is told.
  /// - Returns: The connection's number.
  public func connect(_ send: @escaping Sending) -> Int {
    let client = state.withLock { state in
      let client = state.nextClient
      state.nextClient += 1
      state.inbox.append(.connected(client, send))
      return client
    }
    wake.signal()
    return client
  }

  /// A page says something.
  public func receive(_ message: Data, from client: Int) {
    state.withLock { state in
      guard state.inbox.count < Self.inboxLimit else { return }
      state.inbox.append(.message(message, from: client))
    }
    wake.signal()
  }

  /// A page has gone.
  public func disconnect(_ client: Int) {
    state.withLock { $0.inbox.append(.disconnected(client)) }
    wake.signal()
  }

  /// Ends the thread, and returns when the page is closed.
  ///
  /// - Throws: What could not be written.
  public func stop() throws {
    let isFirst = state.withLock { state in
      defer { state.isStopping = true }
      return !state.isStopping
    }
    guard isFirst else { return }
    wake.signal()
    ended.wait()
    if let failure = state.withLock({ $0.failure }) { throw failure }
  }

  private func run(_ page: any LivePage) {
    var clients: [Int: Sending] = [:]
    var period = page.period
    var next = ContinuousClock.now
    while true {
      wait(until: period == nil ? nil : next)
      let (events, isStopping) = state.withLock { state in
        defer { state.inbox = [] }
        return (state.inbox, state.isStopping)
      }
      if isStopping {
        do { try page.close() } catch { state.withLock { $0.failure = error } }
        return
      }
      var (isNews, isTick) = (false, false)
      for event in events { isNews = handle(event, page, &clients) || isNews }
      let now = ContinuousClock.now
      if page.period != period {
        period = page.period
        if let period { next = now + period }
      }
      if let period, now >= next {
        page.tick()
        isTick = true
        next += period
        if now - next > period * Self.lag { next = now + period }
      }
      if isNews || isTick {
        for (client, send) in clients {
          // The last tick before things come to rest is not made up for by another.
          let isSkippable = !isNews && page.period != nil
          for document in page.documents(for: client) { send(document, isSkippable) }
        }
      }
    }
  }

  private func handle(
    _ event: Event, _ page: any LivePage, _ clients: inout [Int: Sending]
  ) -> Bool {
    switch event {
    case .connected(let client, let send):
      clients[client] = send
      page.connected(client)
      return true
    case .message(let message, let client):
      return clients[client] != nil && page.receive(message, from: client)
    case .disconnected(let client):
      clients[client] = nil
      page.disconnected(client)
      return true
    }
  }

  private func wait(until deadline: ContinuousClock.Instant?) {
    guard let deadline else { return wake.wait() }
    let rest = (deadline - ContinuousClock.now) / .nanoseconds(1)
    _ = wake.wait(timeout: .now() + .nanoseconds(max(0, Int(rest))))
  }
}
