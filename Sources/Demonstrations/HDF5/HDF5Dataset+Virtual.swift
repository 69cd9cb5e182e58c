import CHDF5
import DurableFiles
import Foundation

/// Datasets whose values are those of others.
extension HDF5Dataset {
  /// Why the sources of a virtual dataset do not make up all of it; nil where they do.
  func virtualAbsence(_ creation: borrowing HDF5Identifier, depth: Int) throws -> String? {
    var mappings = 0
    try HDF5.check(H5Pget_virtual_count(creation.raw, &mappings))
    var covered = Coverage(dimensions)
    for index in 0..<mappings {
      let place = try HDF5Identifier(H5Pget_virtual_vspace(creation.raw, index), closedBy: H5Sclose)
      guard try covered.add(place) else {
        return "it is virtual and grows with its sources; copy it into a dataset of its own"
      }
      if let reason = try sourceAbsence(creation, index, depth) { return reason }
    }
    return covered.isWhole ? nil : "its sources cover \(covered.count) of its \(count ?? 0) values"
  }

  /// Why a source of a virtual dataset cannot give what is taken from it.
  private func sourceAbsence(
    _ creation: borrowing HDF5Identifier, _ index: Int, _ depth: Int
  ) throws -> String? {
    let own = try HDF5File.path(of: identifier.raw)
    let file = try name { H5Pget_virtual_filename(creation.raw, index, $0, $1) }
    let dataset = try name { H5Pget_virtual_dsetname(creation.raw, index, $0, $1) }
    let what = "its source '\(HDF5Name.canonical(dataset))' in '\(HDF5Name.canonical(file))'"
    var path = own
    if file != "." {
      try access.links.check(file, in: own)
      path = LinkPolicy.place(of: file, in: own)
      guard Foundation.access(path, R_OK) == 0 else {
        return "\(what) cannot be opened: \(SystemFailure.latest.reason)"
      }
    }
    let list = try HDF5File.access()
    let opened = H5Fopen(path, CHDF5_read_only(), list.raw)
    guard opened >= 0 else { return "\(what) cannot be opened: \(HDF5Failure.latest.reason)" }
    let source = try HDF5Identifier(opened, closedBy: H5Fclose)
    let found = H5Dopen2(source.raw, dataset, access.dataset)
    guard found >= 0 else { return "\(what) is not there" }
    let values = try HDF5Dataset(HDF5Identifier(found, closedBy: H5Dclose), access)
    let needed = try HDF5Identifier(
      H5Pget_virtual_srcspace(creation.raw, index), closedBy: H5Sclose)
    if let shape = try values.shortfall(needed) {
      return "\(what) has shape \(values.dimensions), but \(shape) is taken from it"
    }
    return try values.absence(depth: depth + 1).map { "\(what): \($0)" }
  }

  /// The extent that a selection needs, where this dataset has less.
  private func shortfall(_ selection: borrowing HDF5Identifier) throws -> [Int]? {
    let rank = Int(H5Sget_simple_extent_ndims(selection.raw))
    if H5Sget_select_type(selection.raw) == H5S_SEL_ALL {
      var extent = [hsize_t](repeating: 0, count: max(rank, 1))
      try HDF5.check(H5Sget_simple_extent_dims(selection.raw, &extent, nil))
      let needed = extent.prefix(rank).map { Int(clamping: $0) }
      return needed == dimensions ? nil : needed
    }
    var (low, high) = ([hsize_t](repeating: 0, count: max(rank, 1)), [hsize_t]())
    high = low
    try HDF5.check(H5Sget_select_bounds(selection.raw, &low, &high))
    let needed = high.prefix(rank).map { Int(clamping: $0) + 1 }
    let fits = needed.count == dimensions.count && zip(needed, dimensions).allSatisfy { $0 <= $1 }
    return fits ? nil : needed
  }

  private func name(_ body: (UnsafeMutablePointer<CChar>?, Int) -> Int) throws -> String {
    let length = body(nil, 0)
    try HDF5.check(length)
    var name = [CChar](repeating: 0, count: length + 1)
    try HDF5.check(name.withUnsafeMutableBufferPointer { body($0.baseAddress, $0.count) })
    return HDF5Text.text(name)
  }
}

/// Which elements of an extent some selections cover.
private struct Coverage {
  private let dimensions: [Int]
  private var isCovered: [Bool]

  init(_ dimensions: [Int]) {
    self.dimensions = dimensions
    isCovered = Array(repeating: false, count: dimensions.reduce(1, *))
  }

  var count: Int { isCovered.count { $0 } }
  var isWhole: Bool { isCovered.allSatisfy { $0 } }

  /// Adds a selection; false where it has no end.
  mutating func add(_ space: borrowing HDF5Identifier) throws -> Bool {
    let rank = dimensions.count
    if H5Sget_select_type(space.raw) == H5S_SEL_ALL {
      mark(dimensions.map { _ in 0 }, dimensions.map { $0 - 1 })
      return true
    }
    let points = H5Sget_select_npoints(space.raw)
    if points < 0 || hsize_t(points) == CHDF5_unlimited_extent() { return false }
    let blocks = H5Sget_select_hyper_nblocks(space.raw)
    guard blocks >= 0 else { return false }
    var corners = [hsize_t](repeating: 0, count: Int(blocks) * 2 * rank)
    if blocks == 0 { return true }
    try HDF5.check(H5Sget_select_hyper_blocklist(space.raw, 0, hsize_t(blocks), &corners))
    for block in 0..<Int(blocks) {
      let at = block * 2 * rank
      mark(
        corners[at..<at + rank].map { Int(clamping: $0) },
        corners[at + rank..<at + 2 * rank].map { Int(clamping: $0) })
    }
    return true
  }

  /// Marks a block from one corner to the other, both in it.
  private mutating func mark(_ low: [Int], _ high: [Int]) {
    guard zip(low, high).allSatisfy({ $0 <= $1 }), zip(high, dimensions).allSatisfy({ $0 < $1 })
    else { return }
    var place = low
    while true {
      let start = zip(place, dimensions).reduce(0) { $0 * $1.1 + $1.0 }
      let length = high[high.count - 1] - low[low.count - 1] + 1
      for index in start..<start + length { isCovered[index] = true }
      guard let index = place.indices.dropLast().last(where: { place[$0] < high[$0] }) else {
        return
      }
      place[index] += 1
      for later in (index + 1)..<place.count { place[later] = low[later] }
    }
  }
}
