import CHDF5
import Synchronization

extension HDF5File {
  /// How many files in memory there were; each has a name of its own.
  private static let made = Mutex(0)

  /// Creates a file that lies in memory alone.
  ///
  /// - Parameters:
  ///   - path: Where it would lie: what its links may lead to is judged by that.
  ///   - links: Which other files it may lead to.
  ///   - body: Writes its contents.
  /// - Throws: What `body` throws, or ``HDF5Failure``.
  convenience init(
    inMemory path: String, following links: LinkPolicy,
    _ body: (borrowing HDF5Group) throws -> Void
  ) throws {
    let number = Self.made.withLock { made in
      made += 1
      return made
    }
    let raw = try HDF5.locked {
      let access = try HDF5File.access()
      try HDF5.check(H5Pset_fapl_core(access.raw, 1 << 20, false))
      let file = H5Fcreate("\(path).\(number)", CHDF5_truncate(), CHDF5_default(), access.raw)
      try HDF5.check(file)
      return file
    }
    self.init(inMemory: raw, following: links)
    try withRoot(body)
  }
}

extension HDF5Group {
  /// A name that leads to an object of another file.
  func link(_ name: String, to object: String, in file: String) throws {
    try HDF5.check(
      HDF5Name.withPointer(name) {
        H5Lcreate_external(file, object, raw, $0, CHDF5_default(), CHDF5_default())
      })
  }

  /// Writes numbers without compression and checksum, as they are for memory.
  func writePlain<Number>(
    _ name: String, _ dimensions: [Int], _ values: [Number], _ fileType: hid_t,
    _ memoryType: hid_t
  ) throws {
    let lengths = dimensions.map { hsize_t($0) }
    let space = try HDF5Identifier(
      H5Screate_simple(Int32(lengths.count), lengths, nil), closedBy: H5Sclose)
    let dataset = try HDF5Identifier(
      HDF5Name.withPointer(name) {
        H5Dcreate2(
          raw, $0, fileType, space.raw, CHDF5_default(), CHDF5_default(), CHDF5_default())
      }, closedBy: H5Dclose)
    try values.withUnsafeBytes { bytes in
      try HDF5.check(
        H5Dwrite(
          dataset.raw, memoryType, CHDF5_everything(), CHDF5_everything(), CHDF5_default(),
          bytes.baseAddress))
    }
    try dataset.closeNow()
  }
}
