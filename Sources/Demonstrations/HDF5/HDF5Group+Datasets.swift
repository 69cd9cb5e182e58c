import CHDF5

/// Writing datasets.
extension HDF5Group {
  /// Data up to this size stand in the object's header; more is compressed.
  ///
  /// Either way a checksum of the format covers every byte: the header's own, or Fletcher's.
  private static let compactBytes = 256
  /// The size that a chunk of several steps does not exceed.
  private static let chunkBytes = 1 << 20

  /// Writes 32-bit floating-point numbers as a dataset.
  package func write(_ name: String, dimensions: [Int], _ values: [Float]) throws {
    try values.withUnsafeBytes { bytes in
      try write(
        name, dimensions: dimensions, chunkSteps: nil, fileType: CHDF5_file_float32(),
        memoryType: CHDF5_native_float(), bytes)
    }
  }

  /// Writes 64-bit floating-point numbers as a dataset.
  package func write(_ name: String, dimensions: [Int], _ values: [Double]) throws {
    try values.withUnsafeBytes { bytes in
      try write(
        name, dimensions: dimensions, chunkSteps: nil, fileType: CHDF5_file_float64(),
        memoryType: CHDF5_native_double(), bytes)
    }
  }

  /// Writes bytes as a dataset; with three dimensions or more a chunk is one step (one image).
  package func write(_ name: String, dimensions: [Int], _ values: [UInt8]) throws {
    try values.withUnsafeBytes { bytes in
      try write(
        name, dimensions: dimensions, chunkSteps: dimensions.count > 2 ? 1 : nil,
        fileType: CHDF5_file_uint8(), memoryType: CHDF5_native_uint8(), bytes)
    }
  }

  /// Writes texts as a dataset of one dimension, each as long as the longest.
  package func write(_ name: String, _ texts: [String]) throws {
    try HDF5Text.fixed(texts) { type, bytes in
      try write(
        name, dimensions: [texts.count], chunkSteps: nil, fileType: type, memoryType: type, bytes)
    }
  }

  private func write(
    _ name: String, dimensions: [Int], chunkSteps: Int?, fileType: hid_t, memoryType: hid_t,
    _ bytes: UnsafeRawBufferPointer
  ) throws {
    let lengths = dimensions.map { hsize_t($0) }
    let space = try HDF5Identifier(
      H5Screate_simple(Int32(lengths.count), lengths, nil), closedBy: H5Sclose)
    let creation = try HDF5Identifier.properties(CHDF5_dataset_create())
    try HDF5.check(H5Pset_obj_track_times(creation.raw, false))
    try HDF5.check(H5Pset_fill_time(creation.raw, H5D_FILL_TIME_NEVER))
    if bytes.count <= Self.compactBytes {
      try HDF5.check(H5Pset_layout(creation.raw, H5D_COMPACT))
    } else {
      let stepBytes = max(1, bytes.count / max(1, dimensions[0]))
      let steps = chunkSteps ?? max(1, min(dimensions[0], Self.chunkBytes / stepBytes))
      var chunk = lengths
      chunk[0] = hsize_t(steps)
      try HDF5.check(H5Pset_chunk(creation.raw, Int32(chunk.count), chunk))
      try HDF5.check(H5Pset_shuffle(creation.raw))
      try HDF5.check(H5Pset_deflate(creation.raw, 6))
      try HDF5.check(H5Pset_fletcher32(creation.raw))
    }
    let dataset = try HDF5Dataset(
      create(name, type: fileType, space: space.raw, creation: creation.raw), access)
    try HDF5.check(
      H5Dwrite(
        dataset.raw, memoryType, CHDF5_everything(), CHDF5_everything(), CHDF5_default(),
        bytes.baseAddress))
    if let checksum = dataset.makeChecksum(of: bytes) {
      try dataset.setAttribute(HDF5Checksum.attribute, checksum)
    }
    try dataset.close()
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
