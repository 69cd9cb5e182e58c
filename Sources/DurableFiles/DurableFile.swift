package import Foundation

/// Files that are whole or not there: written aside, synced, renamed into place.
///
/// All functions throw ``SystemFailure`` where the operating system refuses.
package enum DurableFile {
  /// What the names of files end with that are not yet whole.
  package static let partialSuffix = ".partial"

  /// Makes a file so that it survives a crash of the machine once this returns.
  ///
  /// - Parameters:
  ///   - path: Where the file will stand.
  ///   - aside: Where it is written first; on the same file system.
  ///   - body: Writes the file at `aside`.
  /// - Throws: ``SystemFailure``, or what `body` throws.
  package static func make(_ path: String, aside: String, _ body: () throws -> Void) throws {
    do {
      try body()
      try synchronise(aside)
      try SystemFailure.check(rename(aside, path))
      try synchroniseFolder(of: path)
    } catch {
      // Whoever has it open still, the disk is free of it.
      truncate(aside, 0)
      unlink(aside)
      throw error
    }
  }

  /// Makes room behind the end of a file, which is created where there is none.
  ///
  /// HDF5 does not survive a disk that fills up under it. What it may come to write is therefore
  /// reserved first; it cuts off the rest when it closes the file.
  package static func reserve(_ bytes: Int, behind path: String) throws {
    let file = try SystemFailure.check(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644))
    defer { close(file) }
    let end = try SystemFailure.check(lseek(file, 0, SEEK_END))
    #if os(Linux)
      let code = posix_fallocate(file, end, off_t(bytes))
      if code != 0 { throw SystemFailure(code: code) }
    #else
      try SystemFailure.check(ftruncate(file, end + off_t(bytes)))
    #endif
  }

  /// Copies a file; the copy has the same permissions and is not yet durable.
  package static func copy(_ path: String, to copy: String) throws {
    let source = try SystemFailure.check(open(path, O_RDONLY | O_CLOEXEC))
    defer { close(source) }
    var status = stat()
    try SystemFailure.check(fstat(source, &status))
    let target = try SystemFailure.check(
      open(copy, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, status.st_mode & 0o777 | 0o600))
    try closing(target) {
      var buffer = [UInt8](repeating: 0, count: 1 << 20)
      while true {
        let count = try buffer.withUnsafeMutableBytes {
          try SystemFailure.check(read(source, $0.baseAddress, $0.count))
        }
        if count == 0 { return }
        try buffer.withUnsafeBytes {
          try writeAll(UnsafeRawBufferPointer(rebasing: $0[..<count]), to: target)
        }
      }
    }
  }

  /// Runs `body` and closes a file; what the system could not write by then is an error, too.
  private static func closing(_ file: Int32, after body: () throws -> Void) throws {
    do {
      try body()
    } catch {
      close(file)
      throw error
    }
    try SystemFailure.check(close(file))
  }

  /// Writes a file, or over one, so that it survives a crash of the machine once this returns.
  package static func write(_ data: Data, to path: String) throws {
    let file = try SystemFailure.check(
      open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644))
    try closing(file) {
      try data.withUnsafeBytes { try writeAll($0, to: file) }
      try SystemFailure.check(fsync(file))
    }
  }

  /// Makes the contents of a file, or the names in a folder, durable.
  package static func synchronise(_ path: String) throws {
    let file = try SystemFailure.check(open(path, O_RDONLY | O_CLOEXEC))
    defer { close(file) }
    try SystemFailure.check(fsync(file))
  }

  /// Makes the names in a file's folder durable.
  private static func synchroniseFolder(of path: String) throws {
    let folder = (path as NSString).deletingLastPathComponent
    try synchronise(folder.isEmpty ? "." : folder)
  }

  private static func writeAll(_ bytes: UnsafeRawBufferPointer, to file: Int32) throws {
    var rest = bytes
    while !rest.isEmpty {
      let count = Foundation.write(file, rest.baseAddress, rest.count)
      if count < 0, errno == EINTR { continue }
      try SystemFailure.check(count)
      rest = UnsafeRawBufferPointer(rebasing: rest[count...])
    }
  }
}
