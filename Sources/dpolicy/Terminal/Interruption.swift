import Foundation
import Synchronization

/// The signal of the first Ctrl-C or termination request; 0 before.
private let received = Atomic<Int32>(0)

/// Ctrl-C: the first asks long work to save and end, the second kills.
struct Interruption: Error, CustomStringConvertible {
  /// What was saved, and how to go on.
  let description: String

  /// Whether Ctrl-C was pressed.
  static var isRequested: Bool { signal != 0 }

  /// Which signal asked: SIGINT is Ctrl-C, SIGTERM a termination request; 0 before any.
  static var signal: Int32 { received.load(ordering: .relaxed) }

  /// From now on the first Ctrl-C (or termination request) only sets ``isRequested``.
  ///
  /// Call before other threads are started. A thread waits for the signals, and no handler ever
  /// runs: matrix products borrow the stack register, on which a handler's frame would be put.
  static func watch() {
    // A shell's background jobs ignore them, and what is ignored does not even wait.
    Foundation.signal(SIGINT, SIG_DFL)
    Foundation.signal(SIGTERM, SIG_DFL)
    var signals = watched
    pthread_sigmask(SIG_BLOCK, &signals, nil)
    Thread.detachNewThread {
      var signals = watched
      var number: Int32 = 0
      sigwait(&signals, &number)
      received.store(number, ordering: .relaxed)
      // The next one ends the program, by way of this thread.
      pthread_sigmask(SIG_UNBLOCK, &signals, nil)
      while true { pause() }
    }
  }

  private static var watched: sigset_t {
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGINT)
    sigaddset(&signals, SIGTERM)
    return signals
  }
}
