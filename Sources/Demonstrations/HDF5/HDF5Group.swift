import CHDF5

/// A group of an open file; lives inside the library's lock.
package struct HDF5Group: ~Copyable, HDF5Object {
  /// The library's object.
  let identifier: HDF5Identifier

  package var raw: Int64 { identifier.raw }

  /// Takes over an open group.
  init(_ identifier: consuming HDF5Identifier) {
    self.identifier = identifier
  }

  /// Whether something has a name in this group.
  func contains(_ name: String) throws -> Bool {
    let status = H5Lexists(identifier.raw, name, CHDF5_default())
    try HDF5.check(status)
    return status > 0
  }

  /// The names in this group, in the order of their bytes.
  func names() throws -> [String] {
    var names: [String] = []
    try withUnsafeMutablePointer(to: &names) { pointer in
      try HDF5.check(
        CHDF5_link_names(
          identifier.raw,
          { context, name in
            guard let names = context?.assumingMemoryBound(to: [String].self), let name else {
              return
            }
            names.pointee.append(String(cString: name))
          }, pointer))
    }
    return names
  }

  /// Whether a name of this group is a group itself; false for a link that leads nowhere.
  func isGroup(_ name: String) throws -> Bool {
    guard try contains(name) else { return false }
    let object = H5Oopen(identifier.raw, name, CHDF5_default())
    if object < 0 { return false }
    defer { H5Oclose(object) }
    return H5Iget_type(object) == H5I_GROUP
  }

  /// Opens a group in this one.
  func group(_ name: String) throws -> HDF5Group {
    HDF5Group(
      try HDF5Identifier(H5Gopen2(identifier.raw, name, CHDF5_default()), closedBy: H5Gclose))
  }

  /// Creates a group in this one; times are not noted, so that equal contents give equal bytes.
  package func createGroup(_ name: String) throws -> HDF5Group {
    let creation = try HDF5Identifier.properties(CHDF5_group_create())
    try HDF5.check(H5Pset_obj_track_times(creation.raw, false))
    // More attributes than this in one group would move them to a costlier structure.
    try HDF5.check(H5Pset_attr_phase_change(creation.raw, 16, 12))
    return HDF5Group(
      try HDF5Identifier(
        H5Gcreate2(identifier.raw, name, CHDF5_default(), creation.raw, CHDF5_default()),
        closedBy: H5Gclose))
  }

  /// Opens a dataset in this group.
  func dataset(_ name: String) throws -> HDF5Dataset {
    try HDF5Dataset(
      HDF5Identifier(H5Dopen2(identifier.raw, name, CHDF5_default()), closedBy: H5Dclose))
  }

  /// Removes a name from this group; what it named is lost once nothing else names it.
  func remove(_ name: String) throws {
    try HDF5.check(H5Ldelete(identifier.raw, name, CHDF5_default()))
  }

  /// Copies an object of this group, with all below it, into another group.
  func copy(_ name: String, into destination: borrowing HDF5Group, as copy: String) throws {
    try HDF5.check(
      H5Ocopy(
        identifier.raw, name, destination.identifier.raw, copy, CHDF5_default(), CHDF5_default()))
  }
}
