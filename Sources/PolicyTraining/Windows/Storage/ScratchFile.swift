import DurableFiles
import Foundation
import PolicyRuntime

/// A temporary file without a name, for what does not fit into memory: it is gone when this process
/// is, however it ends.
///
/// It lies in the folder that the environment variable `TMPDIR` names, otherwise in `/var/tmp`,
/// which unlike `/tmp` is on a disk everywhere. Any number of threads may read at once.
final class ScratchFile: Sendable {
  /// The folder that it lies in.
  let folder: String
  private let descriptor: Int32

  /// Creates an empty file.
  ///
  /// - Throws: ``WindowError/scratch(folder:reason:)``.
  init() throws(WindowError) {
    let folder = ProcessInfo.processInfo.environment["TMPDIR"].flatMap { $0.isEmpty ? nil : $0 }
    self.folder = folder ?? "/var/tmp"
    var path = Array("\(self.folder)/dpolicy-XXXXXX".utf8CString)
    descriptor = mkstemp(&path)
    guard descriptor >= 0 else { throw failure() }
    unlink(path)
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
  }

  deinit { close(descriptor) }

  /// Writes bytes at an offset.
  ///
  /// - Throws: ``WindowError/scratch(folder:reason:)``.
  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(WindowError) {
    var done = 0
    while done < bytes.count {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
      let count = pwrite(descriptor, rest.baseAddress, rest.count, off_t(offset + done))
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw failure() }
      done += count
    }
  }

  /// Fills a buffer with the bytes from an offset on.
  ///
  /// - Throws: ``WindowError/scratch(folder:reason:)``.
  func read(into bytes: UnsafeMutableRawBufferPointer, at offset: Int) throws(WindowError) {
    var done = 0
    while done < bytes.count {
      let rest = UnsafeMutableRawBufferPointer(rebasing: bytes[done...])
      let count = pread(descriptor, rest.baseAddress, rest.count, off_t(offset + done))
      if count < 0, errno == EINTR { continue }
      if count == 0 { throw .scratch(folder: folder, reason: "it was cut short") }
      guard count > 0 else { throw failure() }
      done += count
    }
  }

  /// Lets the system begin to read a range, without waiting for it.
  func willRead(_ range: Range<Int>) {
    #if os(Linux)
      posix_fadvise(
        descriptor, off_t(range.lowerBound), off_t(range.count), Int32(POSIX_FADV_WILLNEED))
    #else
      var advice = radvisory(
        ra_offset: off_t(range.lowerBound), ra_count: Int32(clamping: range.count))
      _ = fcntl(descriptor, F_RDADVISE, &advice)
    #endif
  }

  private func failure() -> WindowError {
    .scratch(folder: folder, reason: SystemFailure.latest.reason)
  }
}
