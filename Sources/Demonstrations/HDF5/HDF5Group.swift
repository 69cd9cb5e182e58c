import CHDF5
import Foundation

/// A group of an open file; lives inside the library's lock.
package struct HDF5Group: ~Copyable, HDF5Object {
  /// A name in a group, and what stands behind it.
  struct Link: Sendable {
    /// How the name leads on.
    enum Kind: Sendable {
      /// An object of this file.
      case object
      /// Another name of this file.
      case name
      /// A name in another file.
      case otherFile
    }

    let name: String
    let kind: Kind
  }

  /// What a name leads to.
  enum Object: ~Copyable {
    /// A group.
    case group(HDF5Group)
    /// A dataset, to be described; ``HDF5Group/dataset(_:)`` opens it to be read.
    case dataset(HDF5Dataset)
    /// A dataset without a type or extent that could be told.
    case damaged(any Error)
    /// Neither, such as a type that has a name.
    case other
  }

  /// The library's object.
  let identifier: HDF5Identifier
  /// How objects below are opened.
  let access: HDF5Access

  package var raw: Int64 { identifier.raw }

  /// Takes over an open group.
  init(_ identifier: consuming HDF5Identifier, _ access: HDF5Access) {
    self.identifier = identifier
    self.access = access
  }

  /// Whether something has a name in this group.
  func contains(_ name: String) throws -> Bool {
    let status = HDF5Name.withPointer(name) { H5Lexists(identifier.raw, $0, access.link) }
    try HDF5.check(status)
    return status > 0
  }

  /// The names in this group, in the order of their bytes.
  func names() throws -> [String] { try links().map(\.name) }

  /// What stands in this group, in the order of the names' bytes.
  func links() throws -> [Link] {
    var links: [Link] = []
    try withUnsafeMutablePointer(to: &links) { pointer in
      try HDF5.check(
        CHDF5_link_names(
          identifier.raw,
          { context, name, kind in
            guard let links = context?.assumingMemoryBound(to: [Link].self), let name else {
              return
            }
            let bytes = UnsafeBufferPointer(start: name, count: strlen(name))
            links.pointee.append(
              Link(
                name: HDF5Name.text(bytes.map { UInt8(bitPattern: $0) }),
                kind: kind == H5L_TYPE_HARD ? .object : kind == H5L_TYPE_SOFT ? .name : .otherFile))
          }, pointer))
    }
    return links
  }

  /// Throws where a name leads to another file that may not be opened.
  func checkFollowed(_ link: Link) throws {
    guard link.kind == .otherFile else { return }
    try access.links.check(target(of: link.name), in: HDF5File.path(of: identifier.raw))
  }

  /// Throws where a name could not be opened because it leads to another file that may not be.
  private func explainLink(_ name: String) throws {
    let failure = HDF5Failure.latest
    for link in try links() where link.name == name { try checkFollowed(link) }
    throw failure
  }

  private func target(of name: String) throws -> String {
    try HDF5Name.withPointer(name) { name in
      var bytes = [CChar](repeating: 0, count: 4096)
      try HDF5.check(H5Lget_val(identifier.raw, name, &bytes, bytes.count, access.link))
      var file: UnsafePointer<CChar>?
      try HDF5.check(H5Lunpack_elink_val(&bytes, bytes.count, nil, &file, nil))
      return file.map { String(cString: $0) } ?? ""
    }
  }

  /// Whether a name of this group is a group itself; false for a link that leads nowhere.
  ///
  /// What stands here and cannot be opened is damaged, and not absent.
  func isGroup(_ name: String) throws -> Bool { try type(of: name) == H5I_GROUP }

  /// Whether a name of this group is a dataset; false for a link that leads nowhere.
  func isDataset(_ name: String) throws -> Bool { try type(of: name) == H5I_DATASET }

  private func type(of name: String) throws -> H5I_type_t? {
    guard try contains(name), let object = try opened(name) else { return nil }
    return H5Iget_type(object.raw)
  }

  /// What a name of this group leads to; nil for a link that leads nowhere.
  func object(_ name: String) throws -> Object? {
    guard let object = try opened(name) else { return nil }
    switch H5Iget_type(object.raw) {
    case H5I_GROUP: return .group(HDF5Group(object, access))
    case H5I_DATASET:
      do { return .dataset(try HDF5Dataset(object, access)) } catch { return .damaged(error) }
    default: return .other
    }
  }

  private func opened(_ name: String) throws -> HDF5Identifier? {
    let object = HDF5Name.withPointer(name) { H5Oopen(identifier.raw, $0, access.link) }
    if object >= 0 { return try HDF5Identifier(object, closedBy: H5Oclose) }
    guard try links().contains(where: { $0.name == name && $0.kind == .object }) else {
      return nil
    }
    // Once more, for the library's reason.
    return try HDF5Identifier(
      HDF5Name.withPointer(name) { H5Oopen(identifier.raw, $0, access.link) },
      closedBy: H5Oclose)
  }

  /// Opens a group in this one.
  func group(_ name: String) throws -> HDF5Group {
    let group = HDF5Name.withPointer(name) { H5Gopen2(identifier.raw, $0, access.group) }
    if group < 0 { try explainLink(name) }
    return HDF5Group(try HDF5Identifier(group, closedBy: H5Gclose), access)
  }

  /// Creates a group in this one; times are not noted, so that equal contents give equal bytes.
  package func createGroup(_ name: String) throws -> HDF5Group {
    let creation = try HDF5Identifier.properties(CHDF5_group_create())
    try HDF5.check(H5Pset_obj_track_times(creation.raw, false))
    // More attributes than this in one group would move them to a costlier structure.
    try HDF5.check(H5Pset_attr_phase_change(creation.raw, 16, 12))
    let group = HDF5Name.withPointer(name) {
      H5Gcreate2(identifier.raw, $0, CHDF5_default(), creation.raw, CHDF5_default())
    }
    return HDF5Group(try HDF5Identifier(group, closedBy: H5Gclose), access)
  }

  /// Opens a dataset in this group, or below it: `robot/pose`.
  func dataset(_ name: String) throws -> HDF5Dataset {
    let dataset = HDF5Name.withPointer(name) { H5Dopen2(identifier.raw, $0, access.dataset) }
    if dataset < 0 { try explainLink(name) }
    return try HDF5Dataset(HDF5Identifier(dataset, closedBy: H5Dclose), access)
  }

  /// Removes a name from this group; what it named is lost once nothing else names it.
  func remove(_ name: String) throws {
    try HDF5.check(
      HDF5Name.withPointer(name) { H5Ldelete(identifier.raw, $0, access.link) })
  }

  /// Copies an object of this group, with all below it, into another group.
  func copy(_ name: String, into destination: borrowing HDF5Group, as copy: String) throws {
    let target = destination.identifier.raw
    try HDF5.check(
      HDF5Name.withPointer(name) { name in
        HDF5Name.withPointer(copy) {
          H5Ocopy(identifier.raw, name, target, $0, CHDF5_default(), CHDF5_default())
        }
      })
  }
}
