import Foundation
import Synchronization

/// Keeps two processes from writing one output.
///
/// The operating system holds the lock for as long as the process lives, so that one that died
/// leaves none; the file tells others who has it.
package final class OutputLock: Sendable {
  /// Another process has the lock.
  package struct Busy: Error {
    /// Its number, or `unknown`.
    package let process: String
  }

  private let path: String
  private let file: Mutex<Int32?>

  /// Takes the lock that a file stands for, which is made where it is missing.
  ///
  /// - Throws: ``Busy``, or ``SystemFailure``.
  package init(file path: String) throws {
    self.path = path
    while true {
      let file = try SystemFailure.check(open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644))
      guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
        let failure = SystemFailure.latest
        close(file)
        guard failure.code == EWOULDBLOCK else { throw failure }
        let owner = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
        throw Busy(process: owner.isEmpty ? "unknown" : owner)
      }
      // The last owner may have removed the file between our opening and our locking it.
      var held = stat()
      var named = stat()
      if fstat(file, &held) == 0, stat(path, &named) == 0, held.st_ino == named.st_ino {
        let owner = Array("\(getpid())".utf8)
        // Whether the number can be written changes nothing about who has the lock.
        ftruncate(file, 0)
        _ = write(file, owner, owner.count)
        self.file = Mutex(file)
        return
      }
      close(file)
    }
  }

  deinit { release() }

  /// Removes the lock's file and gives the lock back.
  package func release() {
    file.withLock {
      guard let file = $0 else { return }
      unlink(path)
      close(file)
      $0 = nil
    }
  }
}
