import Foundation
import Synchronization

/// Set by the first Ctrl-C; a signal handler may do little more than this.
private let isInterrupted = Atomic<Bool>(false)

/// Ctrl-C: the first asks long work to save and end, the second kills.
struct Interruption: Error, CustomStringConvertible {
  /// What was saved, and how to go on.
  let description: String

  /// Whether Ctrl-C was pressed.
  static var isRequested: Bool { isInterrupted.load(ordering: .relaxed) }

  /// From now on the first Ctrl-C (or termination request) only sets ``isRequested``.
  static func watch() {
    // Initialises the flag before a handler may need it.
    isInterrupted.store(false, ordering: .relaxed)
    var action = sigaction()
    action.__sigaction_handler.sa_handler = { _ in isInterrupted.store(true, ordering: .relaxed) }
    // The handler serves once; the next signal finds the default action.
    action.sa_flags = Int32(bitPattern: UInt32(SA_RESETHAND)) | SA_RESTART
    sigaction(SIGINT, &action, nil)
    sigaction(SIGTERM, &action, nil)
    // Whoever started this program may have blocked them, and a program inherits that.
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGINT)
    sigaddset(&signals, SIGTERM)
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
  }
}
