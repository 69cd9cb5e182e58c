import Foundation
import Synchronization

/// Set by the first Ctrl-C.
private let isInterrupted = Atomic<Bool>(false)

/// Ctrl-C: the first asks long work to save and end, the second kills.
struct Interruption: Error, CustomStringConvertible {
  /// What was saved, and how to go on.
  let description: String

  /// Whether Ctrl-C was pressed.
  static var isRequested: Bool { isInterrupted.load(ordering: .relaxed) }

  /// From now on the first Ctrl-C (or termination request) only sets ``isRequested``.
  ///
  /// Call before other threads are started. A thread waits for the signals, and no handler ever
  /// runs: matrix products borrow the stack register, on which a handler's frame would be put.
  static func watch() {
    // A shell's background jobs ignore them, and what is ignored does not even wait.
    signal(SIGINT, SIG_DFL)
    signal(SIGTERM, SIG_DFL)
    var signals = watched
    pthread_sigmask(SIG_BLOCK, &signals, nil)
    Thread.detachNewThread {
      var signals = watched
      var number: Int32 = 0
      sigwait(&signals, &number)
      isInterrupted.store(true, ordering: .relaxed)
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
