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

  /// Puts a file in place as a whole, once it is durable and reads back as it was written.
  ///
  /// A kill leaves the former file, and beside it at most `.NAME.partial`, which the next call for
  /// that file takes over. What is not a file, such as a pipe, is written to as it stands.
  package static func replace(
    _ path: String, with bytes: some ContiguousBytes
  ) throws(SystemFailure) {
    do {
      try bytes.withUnsafeBytes {
        try put($0, at: URL(fileURLWithPath: path).resolvingSymlinksInPath())
      }
    } catch {
      throw error as? SystemFailure ?? SystemFailure("\(error)")
    }
  }

  private static func put(_ bytes: UnsafeRawBufferPointer, at target: URL) throws {
    var status = stat()
    let exists = stat(target.path, &status) == 0
    if exists, status.st_mode & S_IFMT != S_IFREG {
      let file = try SystemFailure.check(open(target.path, O_WRONLY | O_CLOEXEC))
      return try closing(file) { try writeAll(bytes, to: file) }
    }
    let aside = target.deletingLastPathComponent()
      .appendingPathComponent(".\(target.lastPathComponent)\(partialSuffix)").path
    let file = try openAlone(aside)
    do {
      try closing(file) {
        try SystemFailure.check(ftruncate(file, 0))
        try writeAll(bytes, to: file)
        if exists { try SystemFailure.check(fchmod(file, status.st_mode & 0o777)) }
        try SystemFailure.check(fsync(file))
        try compare(aside, with: bytes)
        try SystemFailure.check(rename(aside, target.path))
      }
      try synchroniseFolder(of: target.path)
    } catch {
      unlink(aside)
      throw error
    }
  }

  /// Opens a file that is written aside, once nobody else writes it.
  private static func openAlone(_ path: String) throws -> Int32 {
    while true {
      let file = try SystemFailure.check(open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644))
      // Where the file system has no locks, nobody else is taken to write it.
      flock(file, LOCK_EX)
      var held = stat()
      var named = stat()
      if fstat(file, &held) == 0, stat(path, &named) == 0, held.st_ino == named.st_ino {
        return file
      }
      // Whoever had it has put it in its place meanwhile.
      close(file)
    }
  }

  /// Reads a file by a fresh opening and compares it.
  private static func compare(_ path: String, with bytes: UnsafeRawBufferPointer) throws {
    let file = try SystemFailure.check(open(path, O_RDONLY | O_CLOEXEC))
    defer { close(file) }
    var rest = bytes
    try withUnsafeTemporaryAllocation(byteCount: 1 << 16, alignment: 16) { buffer in
      while true {
        let count = read(file, buffer.baseAddress, buffer.count)
        if count < 0, errno == EINTR { continue }
        try SystemFailure.check(count)
        if count == 0, rest.isEmpty { return }
        guard count > 0, count <= rest.count, let written = rest.baseAddress,
          let found = buffer.baseAddress, memcmp(found, written, count) == 0
        else { throw SystemFailure("what was written does not read back as it was") }
        rest = UnsafeRawBufferPointer(rebasing: rest[count...])
      }
    }
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
