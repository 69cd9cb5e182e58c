import DurableFiles
import Foundation
import Synchronization

/// Keeps two recorders from writing one store.
///
/// The operating system holds the lock for as long as the process lives, so that a recorder that
/// died leaves none; the file tells others who has it.
final class RecorderLock: Sendable {
  private let path: String
  private let file: Mutex<Int32?>

  /// Takes the lock of a journal's folder.
  ///
  /// - Throws: ``DemonstrationError/busy(path:processIdentifier:)``, or ``SystemFailure``.
  init(folder: String, store: String) throws {
    path = folder + "/lock"
    while true {
      let file = try SystemFailure.check(open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644))
      guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
        let failure = SystemFailure.latest
        close(file)
        guard failure.code == EWOULDBLOCK else { throw failure }
        let owner = try? String(contentsOfFile: path, encoding: .utf8)
        throw DemonstrationError.busy(path: store, processIdentifier: owner ?? "unknown")
      }
      // The last owner may have removed the file between our opening and our locking it.
      var held = stat()
      var named = stat()
      if fstat(file, &held) == 0, stat(path, &named) == 0, held.st_ino == named.st_ino {
        let owner = Array("\(getpid())".utf8)
        ftruncate(file, 0)
        _ = write(file, owner, owner.count)
        self.file = Mutex(file)
        return
      }
      close(file)
    }
  }

  deinit {
    file.withLock { if let file = $0 { close(file) } }
  }

  /// Removes the lock's file and gives the lock back.
  func release() {
    file.withLock {
      guard let file = $0 else { return }
      unlink(path)
      close(file)
      $0 = nil
    }
  }
}
