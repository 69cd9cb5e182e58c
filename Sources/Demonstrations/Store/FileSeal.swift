import Checksums
import DurableFiles
import Foundation

/// The SHA-256 of a whole file of ours, in a line behind the last byte that HDF5 knows of.
///
/// Every number has a checksum of its own; this one covers what lies between them. HDF5 reads past
/// it and cuts it off when it changes a file, so that a file which others have changed has none.
enum FileSeal {
  private static let start = "sha256 of all before: "
  private static let bytes = start.utf8.count + 64 + 1

  /// Puts the line at the end of a whole file's bytes.
  static func append(to bytes: inout [UInt8]) {
    var hash = SHA256()
    bytes.withUnsafeBytes { hash.update($0) }
    bytes += "\(start)\(hash.hexadecimal)\n".utf8
  }

  /// Puts the line at the end of a closed file.
  ///
  /// - Throws: ``SystemFailure``.
  static func append(to path: String) throws {
    // A file of others, to which masks were added, may be of a format that does not say its end.
    guard let end = try end(of: path) else { return }
    let file = try SystemFailure.check(open(path, O_RDWR | O_CLOEXEC))
    do {
      try SystemFailure.check(ftruncate(file, off_t(end)))
      let line = Array("\(start)\(try digest(file, end: end))\n".utf8)
      guard try SystemFailure.check(pwrite(file, line, line.count, off_t(end))) == line.count else {
        throw SystemFailure(code: ENOSPC)
      }
    } catch {
      close(file)
      throw error
    }
    try SystemFailure.check(close(file))
  }

  /// Compares a file with its line.
  ///
  /// - Returns: What is wrong, or nil where they agree or there is no line.
  /// - Throws: ``SystemFailure``.
  static func problem(of path: String) throws -> String? {
    let file = try SystemFailure.check(open(path, O_RDONLY | O_CLOEXEC))
    defer { close(file) }
    guard let end = try end(of: path) else { return nil }
    let size = Int(try SystemFailure.check(lseek(file, 0, SEEK_END)))
    // A file that HDF5 has written ends where it says; what is longer has our line, or had it.
    guard size > end else { return nil }
    var line = [UInt8](repeating: 0, count: bytes)
    let count = try SystemFailure.check(pread(file, &line, bytes, off_t(end)))
    let expected = Array("\(start)\(try digest(file, end: end))\n".utf8)
    return count == bytes && size == end + bytes && line == expected
      ? nil : "its bytes do not match the checksum at its end"
  }

  private static func digest(_ file: Int32, end: Int) throws -> String {
    var hash = SHA256()
    var buffer = [UInt8](repeating: 0, count: 1 << 20)
    var offset = 0
    while offset < end {
      let wanted = min(buffer.count, end - offset)
      let count = try SystemFailure.check(pread(file, &buffer, wanted, off_t(offset)))
      if count == 0 { throw SystemFailure("it is cut short") }
      buffer.withUnsafeBytes { hash.update(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
      offset += count
    }
    return hash.hexadecimal
  }

  /// Where a file ends as its superblock of version 2 or 3 says; nil for any other file.
  ///
  /// Source: HDF5 File Format Specification, II.A.
  private static func end(of path: String) throws -> Int? {
    let file = try SystemFailure.check(open(path, O_RDONLY | O_CLOEXEC))
    defer { close(file) }
    var head = [UInt8](repeating: 0, count: 48)
    guard try SystemFailure.check(pread(file, &head, head.count, 0)) == head.count,
      head[..<8] == [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A], [2, 3].contains(head[8]),
      head[9] == 8
    else { return nil }
    return Int(exactly: head[28..<36].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
  }
}
