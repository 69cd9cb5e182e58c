import FlyingSocks
import Foundation
import Synchronization

/// The connections under way: how many there may be, and by when each must have moved on.
///
/// Whoever waits for a client sets a time; ``endOverdue()``, called every so often, shuts the
/// sockets down whose time is over, upon which the wait ends as if the client had left.
final class ConnectionTable: Sendable {
  /// What a connection waits for.
  enum Wait {
    case request, head, body, message
  }

  private struct Entry {
    let file: Int32
    var isEvicted = false
    var isWebSocket = false
    /// Whether it has ever asked for something that there is.
    var isProven = false
    var wait = Wait.request
    /// When its wait began; of a WebSocket, when it last said something.
    var since = ContinuousClock.now
    var bodyBytes = 0
    var readBy: ContinuousClock.Instant?
    var writeBy: ContinuousClock.Instant?
    var atStop: (@Sendable () -> Void)?
  }

  private struct State {
    var entries: [Int: Entry] = [:]
    var next = 0
    var evicted = 0
    var webSockets = 0
    var bodyBytes = 0
    var isStopping = false

    /// Ends the connection among some that has the least claim to stay.
    ///
    /// - Returns: Whether there was one.
    mutating func evict(where isCandidate: (Entry) -> Bool) -> Bool {
      var least: (key: Int, entry: Entry)?
      for (key, entry) in entries where !entry.isEvicted && isCandidate(entry) {
        if let (_, other) = least {
          let isLess =
            entry.isProven == other.isProven ? entry.since < other.since : other.isProven
          guard isLess else { continue }
        }
        least = (key, entry)
      }
      guard let (key, entry) = least else { return false }
      release(entry)
      evicted += 1
      entries[key]?.isEvicted = true
      entries[key]?.bodyBytes = 0
      shutDown(entry.file)
      return true
    }

    /// What a connection took is there for others.
    mutating func release(_ entry: Entry) {
      if entry.isWebSocket { webSockets -= 1 }
      bodyBytes -= entry.bodyBytes
    }
  }

  private let limit: Int
  private let state = Mutex(State())

  init(limit: Int) {
    self.limit = limit
  }

  /// How many connections there are.
  var count: Int { state.withLock { $0.entries.count } }

  /// Whether the server stops: no further request is waited for.
  var isStopping: Bool { state.withLock { $0.isStopping } }

  /// Enters a connection; if there are too many, one that keeps us waiting is ended for it.
  ///
  /// Whoever has never been answered goes first, then whoever has kept us waiting longest, be it
  /// for a request, its head or its body: a crowd that asks for nothing shuts nobody out.
  ///
  /// - Returns: Its key; nil if there is no room.
  func enter(_ socket: Socket, by readBy: ContinuousClock.Instant) -> Int? {
    state.withLock { state in
      if state.entries.count - state.evicted >= limit {
        // A crowd of evicted ones that have yet to notice is bounded, too.
        guard state.evicted < limit,
          state.evict(where: { !$0.isWebSocket && $0.wait != .message && $0.readBy != nil })
        else { return nil }
      }
      state.next += 1
      state.entries[state.next] = Entry(file: socket.file.rawValue, readBy: readBy)
      return state.next
    }
  }

  /// Forgets a connection; only then may its socket be closed.
  func leave(_ key: Int) {
    state.withLock { state in
      guard let entry = state.entries.removeValue(forKey: key) else { return }
      if entry.isEvicted { state.evicted -= 1 } else { state.release(entry) }
    }
  }

  /// Notes how much of a body has come; it counts until the next request is waited for.
  ///
  /// What was only announced takes no room. If all bodies together are too much, those that have
  /// been waited for longest are ended.
  ///
  /// - Returns: Whether there is room.
  func hold(_ bytes: Int, of limit: Int, for key: Int) -> Bool {
    state.withLock { state in
      // What was ended for others takes nothing again.
      guard let entry = state.entries[key], !entry.isEvicted else { return false }
      state.bodyBytes += bytes - entry.bodyBytes
      state.entries[key]?.bodyBytes = bytes
      while state.bodyBytes > limit {
        guard state.evict(where: { $0.wait == .body && $0.bodyBytes > 0 }) else { return false }
      }
      return !(state.entries[key]?.isEvicted ?? true)
    }
  }

  /// Makes a connection a WebSocket, which is never ended for a request.
  ///
  /// Half of the connections may be WebSockets; one more takes the place of the one that has said
  /// nothing for longest.
  ///
  /// - Parameters:
  ///   - key: The connection.
  ///   - quiet: For how many seconds another must have said nothing.
  /// - Returns: Whether there is room.
  func becomeWebSocket(_ key: Int, quiet: Double) -> Bool {
    state.withLock { state in
      let since = ContinuousClock.now - .seconds(quiet)
      guard let entry = state.entries[key], !entry.isEvicted,
        state.webSockets < max(limit / 2, 1)
          || state.evict(where: { $0.isWebSocket && $0.since < since })
      else { return false }
      state.webSockets += 1
      state.entries[key]?.isWebSocket = true
      state.entries[key]?.since = .now
      return true
    }
  }

  /// Notes that a client asked for something that there is, or that a WebSocket said something.
  func prove(_ key: Int) {
    state.withLock { state in
      state.entries[key]?.isProven = true
      state.entries[key]?.since = .now
    }
  }

  /// Says what a connection waits for and until when; nil: for as long as it takes.
  ///
  /// - Returns: Whether to wait at all: not for another request when the server stops.
  func expect(_ wait: Wait, from key: Int, within seconds: Double?) -> Bool {
    state.withLock { state in
      guard wait != .request || !state.isStopping else { return false }
      if wait == .request || wait == .head {
        state.bodyBytes -= state.entries[key]?.bodyBytes ?? 0
        state.entries[key]?.bodyBytes = 0
      }
      state.entries[key]?.wait = wait
      if state.entries[key]?.isWebSocket == false { state.entries[key]?.since = .now }
      state.entries[key]?.readBy = seconds.map { .now + .seconds($0) }
      return true
    }
  }

  /// Says by when a connection's client must have taken what is written; nil: nothing is.
  func expectWritten(_ key: Int, within seconds: Double?) {
    state.withLock { $0.entries[key]?.writeBy = seconds.map { .now + .seconds($0) } }
  }

  /// What to call when the server stops; called at once if it does already.
  func atStop(_ key: Int, _ action: @escaping @Sendable () -> Void) {
    let isStopping = state.withLock { state in
      state.entries[key]?.atStop = action
      return state.isStopping
    }
    if isStopping { action() }
  }

  /// Ends the connections whose time is over.
  func endOverdue() {
    let now = ContinuousClock.now
    state.withLock { state in
      for entry in state.entries.values {
        if entry.readBy.map({ $0 < now }) ?? false || entry.writeBy.map({ $0 < now }) ?? false {
          shutDown(entry.file)
        }
      }
    }
  }

  /// Ends the connections that wait for a request, and tells the WebSockets.
  func stop() {
    let actions = state.withLock { state in
      state.isStopping = true
      for entry in state.entries.values where entry.wait == .request && entry.readBy != nil {
        shutDown(entry.file)
      }
      return state.entries.values.compactMap(\.atStop)
    }
    for action in actions { action() }
  }

  /// Ends all connections.
  func endAll() {
    state.withLock { state in
      for entry in state.entries.values { shutDown(entry.file) }
    }
  }
}

/// Whoever waits on the socket wakes; the descriptor stays its own until it is closed.
private func shutDown(_ file: Int32) {
  shutdown(file, Int32(SHUT_RDWR))
}
