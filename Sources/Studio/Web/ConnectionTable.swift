import FlyingSocks
import Foundation
import Synchronization

/// The connections under way: how many there may be, and by when each must have moved on.
///
/// Whoever waits for a client sets a time; ``endOverdue()``, called every so often, shuts the sockets
/// down whose time is over, upon which the wait ends as if the client had left.
final class ConnectionTable: Sendable {
  /// What a connection waits for.
  enum Wait {
    case request, head, body, message
  }

  private struct Entry {
    let file: Int32
    var isEvicted = false
    var wait = Wait.request
    var readBy: ContinuousClock.Instant?
    var writeBy: ContinuousClock.Instant?
    var atStop: (@Sendable () -> Void)?
  }

  private struct State {
    var entries: [Int: Entry] = [:]
    var next = 0
    var evicted = 0
    var isStopping = false
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

  /// Enters a connection; if there are too many, the longest idle one is ended for it.
  ///
  /// - Returns: Its key; nil if there is no room.
  func enter(_ socket: Socket, by readBy: ContinuousClock.Instant) -> Int? {
    state.withLock { state in
      if state.entries.count - state.evicted >= limit {
        let waiting = state.entries.filter {
          !$0.value.isEvicted && ($0.value.wait == .request || $0.value.wait == .head)
            && $0.value.readBy != nil
        }
        // A crowd of evicted ones that have yet to notice is bounded, too.
        guard state.evicted < limit, let key = waiting.min(by: { $0.key < $1.key })?.key else {
          return nil
        }
        if let entry = state.entries[key] { Self.shutDown(entry.file) }
        state.entries[key]?.isEvicted = true
        state.evicted += 1
      }
      state.next += 1
      state.entries[state.next] = Entry(file: socket.file.rawValue, readBy: readBy)
      return state.next
    }
  }

  /// Forgets a connection; only then may its socket be closed.
  func leave(_ key: Int) {
    state.withLock { state in
      if state.entries.removeValue(forKey: key)?.isEvicted == true { state.evicted -= 1 }
    }
  }

  /// Says what a connection waits for and until when; nil: for as long as it takes.
  ///
  /// - Returns: Whether to wait at all: not for another request when the server stops.
  func expect(_ wait: Wait, from key: Int, within seconds: Double?) -> Bool {
    state.withLock { state in
      guard wait != .request || !state.isStopping else { return false }
      state.entries[key]?.wait = wait
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
          Self.shutDown(entry.file)
        }
      }
    }
  }

  /// Ends the connections that wait for a request, and tells the WebSockets.
  func stop() {
    let actions = state.withLock { state in
      state.isStopping = true
      for entry in state.entries.values where entry.wait == .request && entry.readBy != nil {
        Self.shutDown(entry.file)
      }
      return state.entries.values.compactMap(\.atStop)
    }
    for action in actions { action() }
  }

  /// Ends all connections.
  func endAll() {
    state.withLock { state in
      for entry in state.entries.values { Self.shutDown(entry.file) }
    }
  }

  /// Whoever waits on the socket wakes; the descriptor stays its own until it is closed.
  private static func shutDown(_ file: Int32) {
    shutdown(file, Int32(SHUT_RDWR))
  }
}
