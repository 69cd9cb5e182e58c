import Foundation

/// The folder that the studio was started on; no page reads or writes outside it.
public struct StudioFolder: Sendable, Hashable {
  /// Something in the folder that a page can open.
  public struct Item: Codable, Sendable, Hashable {
    /// Its path, relative to the folder.
    public var path: String
    /// Its size in bytes; that of the weights for a policy.
    public var bytes: Int
  }

  /// The absolute path, without symbolic links.
  public let path: String

  /// Takes a folder.
  ///
  /// - Parameter path: Its path; it must exist.
  /// - Throws: ``StudioFailure/noFolder(path:)``.
  public init(_ path: String) throws {
    let resolved = URL(fileURLWithPath: path).resolvingSymlinksInPath().standardizedFileURL.path
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: resolved, isDirectory: &isFolder),
      isFolder.boolValue
    else { throw StudioFailure.noFolder(path: path) }
    self.path = resolved
  }

  /// The absolute path of something inside the folder, which need not exist yet.
  ///
  /// - Parameter relative: A path relative to the folder, or an absolute one that lies inside it.
  /// - Returns: The absolute path, symbolic links resolved.
  /// - Throws: ``StudioFailure/outside(path:folder:)``.
  public func resolve(_ relative: String) throws -> String {
    let failure = StudioFailure.outside(path: relative, folder: path)
    guard !relative.isEmpty, !relative.contains("\0") else { throw failure }
    let given = relative.hasPrefix("/") ? relative : path + "/" + relative
    let parts = given.split(separator: "/")
    guard let name = parts.last, !parts.contains("..") else { throw failure }
    // A file that does not exist yet has no links to resolve, but its folder may be one.
    let parent = URL(fileURLWithPath: "/" + parts.dropLast().joined(separator: "/"))
      .resolvingSymlinksInPath().path
    let resolved = URL(fileURLWithPath: parent + "/" + name).resolvingSymlinksInPath().path
    guard resolved.hasPrefix(path == "/" ? "/" : path + "/") else { throw failure }
    return resolved
  }

  /// The absolute path of demonstrations inside the folder, whose journal lies there too.
  ///
  /// - Parameter relative: A path as for ``resolve(_:)``.
  /// - Returns: The absolute path, symbolic links resolved.
  /// - Throws: ``StudioFailure/outside(path:folder:)``.
  public func resolveStore(_ relative: String) throws -> String {
    let path = try resolve(relative)
    _ = try resolve(path + ".journal")
    return path
  }

  /// The absolute path of a checkpoint inside the folder, whose files lie there too.
  ///
  /// - Parameter relative: A path as for ``resolve(_:)``.
  /// - Returns: The absolute path, symbolic links resolved.
  /// - Throws: ``StudioFailure/outside(path:folder:)``.
  public func resolveCheckpoint(_ relative: String) throws -> String {
    let path = try resolve(relative)
    for file in (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] {
      _ = try resolve("\(path)/\(file)")
    }
    return path
  }

  /// A path as pages know it: relative to the folder where it is inside.
  public func shown(_ absolute: String) -> String {
    let resolved = URL(fileURLWithPath: absolute).resolvingSymlinksInPath().path
    return resolved.hasPrefix(path + "/") ? String(resolved.dropFirst(path.count + 1)) : absolute
  }

  /// The demonstrations' files in the folder, at most three folders deep.
  public func demonstrations() -> [Item] {
    items(depth: 3) { path, isFolder in
      !isFolder && path.hasSuffix(".hdf5") && !path.contains(".journal/") ? path : nil
    }
  }

  /// The checkpoint folders in the folder, at most three folders deep.
  public func policies() -> [Item] {
    items(depth: 4) { path, isFolder in
      guard !isFolder, path.hasSuffix("/model.safetensors") || path == "model.safetensors" else {
        return nil
      }
      return (path as NSString).deletingLastPathComponent
    }
  }

  private func items(
    depth: Int, _ choose: (_ path: String, _ isFolder: Bool) -> String?
  ) -> [Item] {
    guard let walk = FileManager.default.enumerator(atPath: path) else { return [] }
    var items: [Item] = []
    var seen = 0
    while let name = walk.nextObject() as? String {
      seen += 1
      // A folder with more in it than this is none to be listed on a page.
      guard seen < 20_000, items.count < 500 else { break }
      let isFolder = walk.fileAttributes?[.type] as? FileAttributeType == .typeDirectory
      let isHidden = name.split(separator: "/").contains { $0.hasPrefix(".") }
      if isFolder, isHidden || walk.level >= depth {
        walk.skipDescendants()
        continue
      }
      guard !isHidden, let chosen = choose(name, isFolder) else { continue }
      let bytes = (walk.fileAttributes?[.size] as? NSNumber)?.intValue ?? 0
      items.append(Item(path: chosen.isEmpty ? "." : chosen, bytes: bytes))
    }
    return items.sorted { $0.path < $1.path }
  }
}
