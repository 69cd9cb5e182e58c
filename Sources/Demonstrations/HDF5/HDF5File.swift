import CHDF5
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
  private let mode: Mode
  private let links: LinkPolicy

  /// Opens a file.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - mode: How it is opened.
  ///   - links: Which other files it may lead to.
  /// - Throws: ``HDF5Failure`` for what is no HDF5 file, is cut short or is damaged.
  init(_ path: String, _ mode: Mode = .reading, following links: LinkPolicy = .nowhere) throws {
    self.mode = mode
    self.links = links
    raw = Mutex(try Self.open(path, mode))
  }

  private static func open(_ path: String, _ mode: Mode) throws -> hid_t {
    try HDF5.locked {
      let access = try HDF5File.access()
      let flags = mode == .reading ? CHDF5_read_only() : CHDF5_read_write()
      let file = H5Fopen(path, flags, access.raw)
      try HDF5.check(file)
      return file
    }
  }

  private init(created raw: hid_t) {
    mode = .updating
    self.raw = Mutex(raw)
    links = .nowhere
  }

  /// Takes over a file that lies in memory.
  init(inMemory raw: hid_t, following links: LinkPolicy) {
    mode = .reading
    self.raw = Mutex(raw)
    self.links = links
  }

  deinit {
    // A file that was opened for reading loses nothing by being closed. One that was written to and
    // never closed has failed, and somebody was told: the library does not survive being asked to
    // close it, since it tries again to write what it could not. It stays open, and is removed.
    if mode == .reading { try? close() }
  }

  /// Writes everything and closes the file; later calls do nothing.
  ///
  /// - Throws: What could not be written; the file is then open for good, and to be removed.
  func close() throws {
    try HDF5.locked {
      let file = raw.withLock { raw in
        defer { raw = -1 }
        return raw
      }
      guard file >= 0 else { return }
      if mode == .updating { try HDF5.check(H5Fflush(file, H5F_SCOPE_GLOBAL)) }
      try HDF5.check(H5Fclose(file))
    }
  }

  /// Whether a file begins as HDF5 files do, whatever follows.
  static func hasSignature(_ path: String) -> Bool {
    (try? HDF5.locked { H5Fis_hdf5(path) > 0 }) ?? false
  }

  /// Runs `body` with the file's root group, inside the library's lock.
  func withRoot<R: Sendable>(_ body: (borrowing HDF5Group) throws -> R) throws -> R {
    // The file must not be closed, which takes the lock, while the lock is held.
    try withExtendedLifetime(self) { try HDF5.locked { try body(root()) } }
  }

  /// Runs `body` with this file's root group and another's, inside the library's lock.
  func withRoots<R: Sendable>(
    and other: HDF5File, _ body: (borrowing HDF5Group, borrowing HDF5Group) throws -> R
  ) throws -> R {
    try withExtendedLifetime((self, other)) {
      try HDF5.locked { try body(root(), other.root()) }
    }
  }

  /// The root group; called inside the lock.
  private func root() throws(HDF5Failure) -> HDF5Group {
    let file = raw.withLock { $0 }
    return HDF5Group(
      try HDF5Identifier(H5Gopen2(file, "/", CHDF5_default()), closedBy: H5Gclose),
      try HDF5Access.following(links))
  }

  /// Creates a file with the contents that `body` writes, and closes it.
  package static func create(_ path: String, _ body: (borrowing HDF5Group) throws -> Void) throws {
    let raw = try HDF5.locked {
      let creation = try HDF5Identifier.properties(CHDF5_file_create())
      try HDF5.check(H5Pset_obj_track_times(creation.raw, false))
      let access = try access()
      let file = H5Fcreate(path, CHDF5_truncate(), creation.raw, access.raw)
      try HDF5.check(file)
      return file
    }
    let file = HDF5File(created: raw)
    try file.withRoot(body)
    try file.close()
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
  static func access() throws(HDF5Failure) -> HDF5Identifier {
    let access = try HDF5Identifier.properties(CHDF5_file_access())
    try HDF5.check(H5Pset_libver_bounds(access.raw, H5F_LIBVER_V110, H5F_LIBVER_V110))
    try HDF5.check(H5Pset_fclose_degree(access.raw, H5F_CLOSE_STRONG))
    try HDF5.check(H5Pset_file_locking(access.raw, false, true))
    return access
  }
}
