import CHDF5Probe
import Foundation
import Synchronization

/// What in a file makes the HDF5 library crash or hang, found out by a child process.
///
/// Files that this version writes hold nothing of that kind: all their parts have checksums. Those
/// of others and of before are read once by a child; what ends it is named, and never read here.
enum HDF5Probe {
  /// How long a child may be silent, in milliseconds: first, and after it was silent once.
  private static let patience: (first: Int32, later: Int32) = (5000, 1000)
  /// After so many faults the whole file is given up.
  private static let mostFaults = 8

  /// Which version of which file was read.
  private struct Identity: Hashable {
    let device: UInt64
    let node: UInt64
    let bytes: Int64
    let seconds: Int
    let nanoseconds: Int
  }

  private static let known = Mutex<[Identity: [String: String]]>([:])

  /// Reads a file in a child process; a version of a file that was read already is not read again.
  ///
  /// - Returns: The paths of the objects that must not be touched, each with what happens; `/` for
  ///   the file as a whole.
  static func dangers(in path: String) -> [String: String] {
    guard let identity = identity(of: path) else { return [:] }
    if let dangers = known.withLock({ $0[identity] }) { return dangers }
    let dangers = examine(path)
    known.withLock {
      // A recorder's journal brings ever new files.
      if $0.count > 1000 { $0.removeAll() }
      $0[identity] = dangers
    }
    return dangers
  }

  private static func examine(_ path: String) -> [String: String] {
    var dangers: [String: String] = [:]
    var wait = patience.first
    while true {
      let skipped = dangers.keys.sorted().joined(separator: "\0") + "\0"
      var child = CHDF5Probe_child()
      // While the library is in the middle of nothing: the child goes on with a copy of its state.
      let status = try? HDF5.locked { CHDF5Probe_start(&child, path, skipped) }
      // A system that lends no process for this reads without.
      guard status == 0 else { return dangers }
      var place = CHDF5Probe_place()
      let end = CHDF5Probe_wait(&child, wait, &place)
      if end == Int32(CHDF5Probe_sound) { return dangers }
      if end == Int32(CHDF5Probe_hung) { wait = patience.later }
      let object = text(of: &place.object)
      let attribute = text(of: &place.attribute)
      let reason =
        "the library \(end == Int32(CHDF5Probe_hung) ? "hangs" : "crashes") on it"
        + (attribute.isEmpty ? "" : " (attribute '\(attribute)')")
      guard !object.isEmpty, dangers[object] == nil, dangers.count < mostFaults else {
        return ["/": reason]
      }
      dangers[object] = reason
    }
  }

  private static func identity(of path: String) -> Identity? {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    #if os(Linux)
      let time = status.st_mtim
    #else
      let time = status.st_mtimespec
    #endif
    return Identity(
      device: UInt64(truncatingIfNeeded: status.st_dev),
      node: UInt64(truncatingIfNeeded: status.st_ino), bytes: Int64(status.st_size),
      seconds: Int(time.tv_sec), nanoseconds: Int(time.tv_nsec))
  }

  /// The text in a fixed array of characters.
  private static func text<Characters>(of characters: inout Characters) -> String {
    withUnsafeBytes(of: &characters) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }
}
