import CHDF5

/// Writing datasets.
extension HDF5Group {
  /// Data up to this size stand in the object's header; more is compressed.
  ///
  /// Either way a checksum of the format covers every byte: the header's own, or Fletcher's.
  private static let compactBytes = 1024
  /// The size that a chunk of several steps does not exceed.
  private static let chunkBytes = 1 << 20

  /// Writes 32-bit floating-point numbers as a dataset.
  ///
  /// - Returns: The dataset's checksum.
  @discardableResult
  package func write(
    _ name: String, dimensions: [Int], _ values: [Float]
  ) throws -> String? {
    try values.withUnsafeBytes { bytes in
      try write(
        name, dimensions: dimensions, chunkSteps: nil, fileType: CHDF5_file_float32(),
        memoryType: CHDF5_native_float(), bytes)
    }
  }

  /// Writes 64-bit floating-point numbers as a dataset.
  ///
  /// - Returns: The dataset's checksum.
  @discardableResult
  package func write(
    _ name: String, dimensions: [Int], _ values: [Double]
  ) throws -> String? {
    try values.withUnsafeBytes { bytes in
      try write(
        name, dimensions: dimensions, chunkSteps: nil, fileType: CHDF5_file_float64(),
        memoryType: CHDF5_native_double(), bytes)
    }
  }

  /// Writes bytes as a dataset; with three dimensions or more a chunk is one step (one image).
  ///
  /// - Returns: The dataset's checksum.
  @discardableResult
  package func write(
    _ name: String, dimensions: [Int], _ values: [UInt8]
  ) throws -> String? {
    try values.withUnsafeBytes { bytes in
      try write(
        name, dimensions: dimensions, chunkSteps: dimensions.count > 2 ? 1 : nil,
        fileType: CHDF5_file_uint8(), memoryType: CHDF5_native_uint8(), bytes)
    }
  }

  /// Writes texts as a dataset of one dimension, each as long as the longest.
  package func write(_ name: String, _ texts: [String]) throws {
    try HDF5Text.fixed(texts) { type, bytes in
      _ = try write(
        name, dimensions: [texts.count], chunkSteps: nil, fileType: type, memoryType: type, bytes)
    }
  }

  private func write(
    _ name: String, dimensions: [Int], chunkSteps: Int?, fileType: hid_t, memoryType: hid_t,
    _ bytes: UnsafeRawBufferPointer
  ) throws -> String? {
    let lengths = dimensions.map { hsize_t($0) }
    let space = try HDF5Identifier(
      H5Screate_simple(Int32(lengths.count), lengths, nil), closedBy: H5Sclose)
    let creation: hid_t
    if bytes.count <= Self.compactBytes {
      creation = try DatasetCreation.compact()
    } else {
      let stepBytes = max(1, bytes.count / max(1, dimensions[0]))
      let steps = chunkSteps ?? max(1, min(dimensions[0], Self.chunkBytes / stepBytes))
      creation = try DatasetCreation.chunked([hsize_t(steps)] + lengths.dropFirst())
    }
    let dataset = try HDF5Dataset(
      create(name, type: fileType, space: space.raw, creation: creation), access)
    try HDF5.check(
      H5Dwrite(
        dataset.raw, memoryType, CHDF5_everything(), CHDF5_everything(), CHDF5_default(),
        bytes.baseAddress))
    let checksum = dataset.makeChecksum(of: bytes)
    if let checksum { try dataset.setAttribute(HDF5Checksum.attribute, checksum) }
    try dataset.close()
    return checksum
  }

  private func create(
    _ name: String, type: hid_t, space: hid_t, creation: hid_t
  ) throws(HDF5Failure) -> HDF5Identifier {
    let dataset = HDF5Name.withPointer(name) {
      H5Dcreate2(identifier.raw, $0, type, space, CHDF5_default(), creation, CHDF5_default())
    }
    return try HDF5Identifier(dataset, closedBy: H5Dclose)
  }
}

/// How datasets are made: the library's property lists, which are costly to make and live as long
/// as the process; used inside the lock.
private enum DatasetCreation {
  // Read and written inside the library's lock only.
  private nonisolated(unsafe) static var known: (compact: hid_t, chunked: hid_t)?

  /// For data in the object's header.
  static func compact() throws(HDF5Failure) -> hid_t { try lists().compact }

  /// For chunks of these lengths, compressed, each with Fletcher's checksum; until the next call.
  static func chunked(_ lengths: [hsize_t]) throws(HDF5Failure) -> hid_t {
    let list = try lists().chunked
    try HDF5.check(H5Pset_chunk(list, Int32(lengths.count), lengths))
    return list
  }

  private static func lists() throws(HDF5Failure) -> (compact: hid_t, chunked: hid_t) {
    if let known { return known }
    let lists = (compact: try list(), chunked: try list())
    try HDF5.check(H5Pset_layout(lists.compact, H5D_COMPACT))
    try HDF5.check(H5Pset_shuffle(lists.chunked))
    try HDF5.check(H5Pset_deflate(lists.chunked, 6))
    try HDF5.check(H5Pset_fletcher32(lists.chunked))
    known = lists
    return lists
  }

  private static func list() throws(HDF5Failure) -> hid_t {
    let list = H5Pcreate(CHDF5_dataset_create())
    try HDF5.check(list)
    try HDF5.check(H5Pset_obj_track_times(list, false))
    try HDF5.check(H5Pset_fill_time(list, H5D_FILL_TIME_NEVER))
    return list
  }
}
