import CHDF5
import DurableFiles
import Foundation

/// Whether the values that a dataset's extent promises were ever stored.
///
/// The library itself hands out its fill value, or memory as it finds it, for what was never
/// written and for what lies in a file that is gone.
extension HDF5Dataset {
  /// How deep virtual datasets may be made of virtual datasets.
  private static let deepest = 8
  /// The bytes of a chunk that any file may have.
  private static let usualChunk = 64 << 20

  /// Why not all values are there; nil where they are, or where whoever wrote the file said what
  /// stands in their place.
  func absence(depth: Int = 0) throws -> String? {
    guard count ?? 0 > 0 else { return nil }
    // An address is that of all values, in this file. How a dataset was made takes long to copy.
    if CHDF5_is_nowhere(H5Dget_offset(identifier.raw)) == 0 { return nil }
    let creation = try HDF5Identifier(H5Dget_create_plist(identifier.raw), closedBy: H5Pclose)
    switch H5Pget_layout(creation.raw) {
    case H5D_COMPACT: return nil
    case H5D_VIRTUAL:
      guard depth < Self.deepest else { return "it is a virtual dataset of itself" }
      return try virtualAbsence(creation, depth: depth)
    case H5D_CHUNKED:
      // Before anything is read: the library makes room for a whole chunk.
      let chunk = try chunkLengths(creation)
      if let bytes = try oversize(of: chunk) {
        return "a chunk of it would have \(bytes) bytes, more than its file can hold"
      }
      if try hasFillValue(creation) { return nil }
      return try missingChunks(chunk)
    default:
      let files = H5Pget_external_count(creation.raw)
      if files > 0 { return try externalAbsence(creation, files: Int(files)) }
      var status = H5D_SPACE_STATUS_ERROR
      try HDF5.check(H5Dget_space_status(identifier.raw, &status))
      if status == H5D_SPACE_STATUS_ALLOCATED { return nil }
      return try hasFillValue(creation) ? nil : "it was never written"
    }
  }

  /// Whether whoever wrote the file chose what stands for what was not written.
  private func hasFillValue(_ creation: borrowing HDF5Identifier) throws -> Bool {
    var status = H5D_FILL_VALUE_ERROR
    try HDF5.check(H5Pfill_value_defined(creation.raw, &status))
    var time = H5D_FILL_TIME_ERROR
    try HDF5.check(H5Pget_fill_time(creation.raw, &time))
    return status == H5D_FILL_VALUE_USER_DEFINED && time != H5D_FILL_TIME_NEVER
  }

  private func chunkLengths(_ creation: borrowing HDF5Identifier) throws -> [hsize_t] {
    var chunk = [hsize_t](repeating: 1, count: dimensions.count)
    try HDF5.check(H5Pget_chunk(creation.raw, Int32(chunk.count), &chunk))
    return chunk
  }

  /// The size of a chunk that is beyond what deflate can make of the whole file; nil for any other.
  private func oversize(of chunk: [hsize_t]) throws -> Int? {
    var bytes = elementBytes
    for length in chunk {
      let (product, overflow) = bytes.multipliedReportingOverflow(by: Int(clamping: length))
      bytes = overflow ? .max : product
    }
    if bytes <= Self.usualChunk { return nil }
    let file = try HDF5Identifier(H5Iget_file_id(identifier.raw), closedBy: H5Fclose)
    var size: hsize_t = 0
    try HDF5.check(H5Fget_filesize(file.raw, &size))
    // Deflate shrinks at most 1,032-fold.
    return bytes / 1_100 > Int(clamping: size) ? bytes : nil
  }

  private func missingChunks(_ chunk: [hsize_t]) throws -> String? {
    var stored: hsize_t = 0
    let space = try HDF5Identifier(H5Dget_space(identifier.raw), closedBy: H5Sclose)
    try HDF5.check(H5Dget_num_chunks(identifier.raw, space.raw, &stored))
    let chunks = zip(dimensions, chunk).map { ($0 + Int($1) - 1) / max(1, Int($1)) }
    let total = chunks.reduce(1, *)
    if Int(clamping: stored) >= total { return nil }
    if stored == 0 { return "it was never written" }
    let step = try firstMissing(chunks, chunk).map { ", the first of them at step \($0)" } ?? ""
    return "\(total - Int(stored)) of its \(total) chunks were never written\(step)"
  }

  /// The first step of the first chunk that is not there.
  private func firstMissing(_ chunks: [Int], _ chunk: [hsize_t]) throws -> Int? {
    var place = [hsize_t](repeating: 0, count: chunks.count)
    while true {
      let offset = zip(place, chunk).map { $0 * $1 }
      var address: haddr_t = 0
      try HDF5.check(
        H5Dget_chunk_info_by_coord(identifier.raw, offset, nil, &address, nil))
      if CHDF5_is_nowhere(address) != 0 { return Int(offset[0]) }
      guard let index = chunks.indices.last(where: { Int(place[$0]) + 1 < chunks[$0] }) else {
        return nil
      }
      place[index] += 1
      for later in (index + 1)..<chunks.count { place[later] = 0 }
    }
  }

  private func externalAbsence(
    _ creation: borrowing HDF5Identifier, files: Int
  ) throws -> String? {
    let file = try HDF5File.path(of: identifier.raw)
    var rest = (count ?? 0) * elementBytes
    for index in 0..<files where rest > 0 {
      var name = [CChar](repeating: 0, count: 4096)
      var offset: off_t = 0
      var size: hsize_t = 0
      try HDF5.check(
        H5Pget_external(creation.raw, UInt32(index), name.count - 1, &name, &offset, &size))
      let target = HDF5Text.text(name)
      try access.links.check(target, in: file)
      let part = size == CHDF5_unlimited_storage() ? rest : min(rest, Int(clamping: size))
      var status = stat()
      guard stat(LinkPolicy.place(of: target, in: file), &status) == 0 else {
        return "the file of its values, '\(HDF5Name.canonical(target))', cannot be opened: "
          + SystemFailure.latest.reason
      }
      guard status.st_mode & S_IFMT == S_IFREG, Int(status.st_size) - Int(offset) >= part else {
        return
          "the file of its values, '\(HDF5Name.canonical(target))', has \(status.st_size) bytes"
          + ", but \(Int(offset) + part) are promised"
      }
      rest -= part
    }
    return rest > 0 ? "the files of its values are \(rest) bytes short of its extent" : nil
  }
}
