import CHDF5
import CHDF5Writer
import DurableFiles
import Foundation
import Synchronization

/// An open HDF5 file.
///
/// No locks are taken on files: writers here never change a file that a reader can see, and file
/// systems of clusters often cannot lock.
package final class HDF5File: Sendable {
  /// How a file is opened.
  enum Mode: Sendable {
    case reading, updating
  }

  /// The library's number for the file; negative once it is closed.
  private let raw: Mutex<hid_t>
  /// Where it is written to; nil for a file that is only read.
  private let target: WritingTarget?
  private let links: LinkPolicy

  /// Opens a file.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - mode: How it is opened.
  ///   - links: Which other files it may lead to.
  /// - Throws: ``HDF5Failure`` for what is no HDF5 file, is cut short or is damaged.
  init(_ path: String, _ mode: Mode = .reading, following links: LinkPolicy = .nowhere) throws {
    self.links = links
    let target = mode == .updating ? WritingTarget() : nil
    self.target = target
    raw = Mutex(
      try HDF5.locked {
        let access = try HDF5File.access(target)
        let flags = mode == .reading ? CHDF5_read_only() : CHDF5_read_write()
        let file = H5Fopen(path, flags, access.raw)
        try HDF5.check(file)
        return file
      })
  }

  /// Opens a file that is made in memory.
  private init(inMemory target: WritingTarget) throws {
    links = .nowhere
    self.target = target
    raw = Mutex(
      try HDF5.locked {
        let access = try HDF5File.access(target)
        let file: hid_t
        if target.isEmpty {
          // Times are not noted, so that equal contents give equal bytes.
          let creation = try HDF5Identifier.properties(CHDF5_file_create())
          try HDF5.check(H5Pset_obj_track_times(creation.raw, false))
          file = H5Fcreate("memory", CHDF5_truncate(), creation.raw, access.raw)
        } else {
          file = H5Fopen("memory", CHDF5_read_write(), access.raw)
        }
        try HDF5.check(file)
        return file
      })
  }

  /// Takes over a file that lies in memory, for reading.
  init(inMemory raw: hid_t, following links: LinkPolicy) {
    self.raw = Mutex(raw)
    self.links = links
    target = nil
  }

  deinit { try? close() }

  /// Writes everything and closes the file; later calls do nothing.
  ///
  /// - Throws: ``SystemFailure`` for what could not be written, or ``HDF5Failure``.
  func close() throws {
    try HDF5.locked {
      let file = raw.withLock { raw in
        defer { raw = -1 }
        return raw
      }
      guard file >= 0 else { return }
      if H5Fclose(file) < 0 {
        let error = HDF5Failure.latest
        // The library may still have it open, and write.
        if let target { _ = Unmanaged.passRetained(target) }
        throw error
      }
    }
    try target?.check()
  }

  /// Whether a file begins as HDF5 files do, whatever follows.
  static func hasSignature(_ path: String) -> Bool {
    (try? HDF5.locked { H5Fis_hdf5(path) > 0 }) ?? false
  }

  /// Runs `body` with the file's root group, inside the library's lock.
  ///
  /// - Throws: What `body` throws, or ``SystemFailure`` for what could not be written.
  func withRoot<R: Sendable>(_ body: (borrowing HDF5Group) throws -> R) throws -> R {
    // The file must not be closed, which takes the lock, while the lock is held.
    try withExtendedLifetime(self) {
      let result = Result { try HDF5.locked { try body(root()) } }
      try target?.check()
      return try result.get()
    }
  }

  /// Runs `body` with this file's root group and another's, inside the library's lock.
  func withRoots<R: Sendable>(
    and other: HDF5File, _ body: (borrowing HDF5Group, borrowing HDF5Group) throws -> R
  ) throws -> R {
    try withExtendedLifetime(other) {
      try withRoot { root in try body(root, other.root()) }
    }
  }

  /// The root group; called inside the lock.
  private func root() throws(HDF5Failure) -> HDF5Group {
    let file = raw.withLock { $0 }
    return HDF5Group(
      try HDF5Identifier(H5Gopen2(file, "/", CHDF5_default()), closedBy: H5Gclose),
      try HDF5Access.following(links))
  }

  /// Creates a file with the contents that `body` writes.
  package static func create(_ path: String, _ body: (borrowing HDF5Group) throws -> Void) throws {
    try DurableFile.replace(path, with: image(body))
  }

  /// The bytes of a file with the contents that `body` writes; no disk is touched.
  ///
  /// - Parameters:
  ///   - template: The bytes of a file that has contents already; nil for an empty one.
  ///   - body: Writes.
  /// - Returns: The bytes.
  /// - Throws: What `body` throws, ``HDF5Failure``, or ``SystemFailure`` without memory.
  static func image(
    from template: [UInt8]? = nil, _ body: (borrowing HDF5Group) throws -> Void
  ) throws -> [UInt8] {
    let target = WritingTarget(inMemory: template ?? [])
    let file = try HDF5File(inMemory: target)
    try file.withRoot(body)
    try file.close()
    return target.bytes
  }

  /// Opens a file, changes it as `body` does, and closes it.
  static func update(_ path: String, _ body: (borrowing HDF5Group) throws -> Void) throws {
    let file = try HDF5File(path, .updating)
    try file.withRoot(body)
    try file.close()
  }

  /// The path of the file that an open object lies in, which a link may have led to.
  static func path(of object: hid_t) throws(HDF5Failure) -> String {
    let length = H5Fget_name(object, nil, 0)
    try HDF5.check(length)
    var name = [CChar](repeating: 0, count: length + 1)
    try HDF5.check(H5Fget_name(object, &name, name.count))
    return HDF5Text.text(name)
  }

  /// Access as all files here have it: format 1.10 (small groups and single chunks cost little,
  /// and h5py of the last ten years reads it), objects closed with their file, no file locks.
  ///
  /// - Parameter target: Where the file is written to, if it is.
  /// - Returns: The library's list.
  /// - Throws: ``HDF5Failure``.
  static func access(_ target: WritingTarget? = nil) throws(HDF5Failure) -> HDF5Identifier {
    let access = try HDF5Identifier.properties(CHDF5_file_access())
    try HDF5.check(H5Pset_libver_bounds(access.raw, H5F_LIBVER_V110, H5F_LIBVER_V110))
    try HDF5.check(H5Pset_fclose_degree(access.raw, H5F_CLOSE_STRONG))
    try HDF5.check(H5Pset_file_locking(access.raw, false, true))
    if let target { try HDF5.check(CHDF5Writer_set(access.raw, target.pointer)) }
    return access
  }
}

/// Where a file is written to, and the first failure to do so, of which the library is not told;
/// it lives as long as the open file.
final class WritingTarget: Sendable {
  // Written by the library's driver, inside the library's lock, and read after that.
  nonisolated(unsafe) fileprivate let pointer = UnsafeMutablePointer<CHDF5Writer_target>.allocate(
    capacity: 1)

  /// A file of the system.
  init() { pointer.initialize(to: CHDF5Writer_target()) }

  /// A file in memory that begins with these bytes.
  convenience init(inMemory bytes: [UInt8]) {
    self.init()
    pointer.pointee.in_memory = 1
    guard !bytes.isEmpty, let copy = malloc(bytes.count) else { return }
    bytes.withUnsafeBytes {
      UnsafeMutableRawBufferPointer(start: copy, count: $0.count).copyMemory(from: $0)
    }
    pointer.pointee.bytes = copy.assumingMemoryBound(to: UInt8.self)
    (pointer.pointee.size, pointer.pointee.capacity) = (bytes.count, bytes.count)
  }

  deinit {
    free(pointer.pointee.bytes)
    pointer.deallocate()
  }

  /// Whether nothing is in the memory.
  var isEmpty: Bool { pointer.pointee.size == 0 }

  /// What is in the memory.
  var bytes: [UInt8] {
    Array(UnsafeBufferPointer(start: pointer.pointee.bytes, count: pointer.pointee.size))
  }

  /// Throws the failure, if there was one.
  func check() throws(SystemFailure) {
    if pointer.pointee.failure != 0 { throw SystemFailure(code: pointer.pointee.failure) }
  }
}
