import CHDF5
import Foundation

/// Which other files a file of demonstrations may lead to: by external links, by virtual datasets
/// and by storage outside of the file.
///
/// A file that somebody sends can name any file of this machine as the place of its values.
public enum LinkPolicy: Sendable, Hashable {
  /// None at all.
  case nowhere
  /// Files in the folder of the file itself, and in folders in it.
  case ownFolder
  /// Any that this process may read.
  case anywhere

  /// Where a file that is named in another lies: beside that one, unless its path is absolute.
  static func place(of target: String, in file: String) -> String {
    if target.hasPrefix("/") { return target }
    return URL(fileURLWithPath: file).deletingLastPathComponent()
      .appendingPathComponent(target).path
  }

  /// Whether a file that is named in another may be opened.
  func allows(_ target: String, in file: String) -> Bool {
    switch self {
    case .nowhere: return false
    case .anywhere: return true
    case .ownFolder:
      func resolved(_ path: String) -> String {
        URL(fileURLWithPath: path).standardizedFileURL.resolvingSymlinksInPath().path
      }
      let folder = resolved(URL(fileURLWithPath: file).deletingLastPathComponent().path)
      return resolved(Self.place(of: target, in: file)).hasPrefix(folder + "/")
    }
  }

  /// Throws where a file that is named in another may not be opened.
  func check(_ target: String, in file: String) throws(LinkRefusal) {
    if !allows(target, in: file) { throw LinkRefusal(reason: refusal(of: target)) }
  }

  private func refusal(of target: String) -> String {
    let which = "'\(HDF5Name.canonical(target))'"
    return self == .nowhere
      ? "its values lie in another file (\(which)), and none is followed here"
      : "its values lie outside the file's own folder (\(which)), which is followed only if asked"
  }
}

/// A file that is named in another, and not followed.
struct LinkRefusal: Error {
  /// Why, for people.
  let reason: String
}

/// How objects are opened: which links the library follows on the way.
struct HDF5Access: Sendable {
  /// The links that are followed.
  let links: LinkPolicy
  /// The library's property lists, which live as long as the process.
  let link, group, dataset: hid_t

  /// The access of a policy; called inside the lock.
  static func following(_ links: LinkPolicy) throws(HDF5Failure) -> HDF5Access {
    if let known = known[links] { return known }
    let access = HDF5Access(
      links: links, link: try list(CHDF5_link_access(), links),
      group: try list(CHDF5_group_access(), links),
      dataset: try list(CHDF5_dataset_access(), links))
    // Storage outside of the file stands beside the file, wherever this process works.
    try HDF5.check(H5Pset_efile_prefix(access.dataset, "${ORIGIN}"))
    known[links] = access
    return access
  }

  // Read and written inside the library's lock only.
  private nonisolated(unsafe) static var known: [LinkPolicy: HDF5Access] = [:]

  private static func list(_ kind: hid_t, _ links: LinkPolicy) throws(HDF5Failure) -> hid_t {
    let list = H5Pcreate(kind)
    try HDF5.check(list)
    // Read from disk, whatever the file lies in that leads there.
    let access = try HDF5File.access()
    try HDF5.check(H5Pset_elink_fapl(list, access.raw))
    try HDF5.check(H5Pset_elink_acc_flags(list, CHDF5_read_only()))
    switch links {
    case .anywhere: break
    case .nowhere: try HDF5.check(H5Pset_elink_cb(list, { _, _, _, _, _, _, _ in -1 }, nil))
    case .ownFolder:
      try HDF5.check(
        H5Pset_elink_cb(
          list,
          { parent, _, child, _, _, _, _ in
            guard let parent, let child else { return -1 }
            return LinkPolicy.ownFolder.allows(String(cString: child), in: String(cString: parent))
              ? 0 : -1
          }, nil))
    }
    return list
  }
}
