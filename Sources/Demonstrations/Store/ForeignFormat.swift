import DurableFiles
import Foundation

/// What other tools keep demonstrations in, told by its first bytes or its names; nothing of it is
/// read further.
package struct ForeignFormat: Sendable, Hashable {
  /// What it is, such as `a LeRobot dataset (v2.1, 100 episodes)`.
  package let name: String
  /// What is missing or what helps, in words.
  package let remedy: String

  private init(_ name: String, _ remedy: String) {
    (self.name, self.remedy) = (name, remedy)
  }

  /// What every other format needs to be.
  private static let layout =
    "write each episode as data/demo_N with 'actions' and 'obs/NAME' (README, 'Your own"
    + " demonstrations')"

  /// The command of Scripts/python that brings a format into a file that is read.
  private static func conversion(_ path: String) -> String {
    "'dpolicy-convert \(path) demos.hdf5' of Scripts/python makes such a file of it"
  }

  /// Recognises a folder or a file that is no HDF5 file in robomimic's layout; nil for anything
  /// else.
  ///
  /// - Parameter path: The folder or file.
  package init?(at path: String) {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { return nil }
    let found = isFolder.boolValue ? Self.folder(path) : Self.file(path)
    guard let found else { return nil }
    self = found
  }

  /// Recognises an HDF5 file by the names in it.
  ///
  /// - Parameter names: The names in its root.
  package init?(hdf5 names: [String]) {
    func has(_ name: String) -> Bool { names.contains(name) }
    if has("actions"), has("observations") {
      let ends = ["terminals", "timeouts"].filter(has)
      self.init(
        "a D4RL-like file (one table of all steps)",
        ends.count == 2
          ? "cut it where 'terminals' or 'timeouts' is true, and \(Self.layout)"
          : "it does not say where all episodes end ("
            + (ends.isEmpty
              ? "no 'terminals', no 'timeouts'"
              : "no '\(ends[0] == "terminals" ? "timeouts" : "terminals")'")
            + "); cut it there, and \(Self.layout)")
    } else if has("action"), has("observations") {
      self.init("an ACT or ALOHA episode (one file each)", "for all of them, \(Self.layout)")
    } else if names.contains(where: { $0.hasPrefix("episode_") }) {
      self.init("Minari's main_data.hdf5", Self.layout)
    } else if names.contains(where: Layout.isDemo) {
      self.init("a file with its episodes at the root", "move them into a group 'data'")
    } else {
      return nil
    }
  }

  private static func folder(_ path: String) -> ForeignFormat? {
    func has(_ name: String) -> Bool { FileManager.default.fileExists(atPath: "\(path)/\(name)") }
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    if has("meta/info.json") { return lerobot(path) }
    if has("meta/episodes.jsonl") || has("meta/tasks.jsonl") || has("meta/tasks.parquet") {
      return ForeignFormat("a LeRobot dataset", "its meta/info.json is missing: copy it again")
    }
    for (mark, version) in [(".zgroup", "v2"), (".zarray", "v2"), ("zarr.json", "v3")]
    where has(mark) {
      return has("data") && has("meta/episode_ends")
        ? ForeignFormat(
          "a zarr replay buffer (\(version), as diffusion_policy keeps it)",
          conversion(path))
        : ForeignFormat(
          "zarr (\(version))",
          has("meta/episode_ends")
            ? "it says where episodes end, but has no 'data': there are no actions to learn"
            : layout)
    }
    if let text = start(of: "\(path)/metadata.yaml"), text.contains("rosbag2_bagfile_information") {
      return bag
    }
    if has("data/main_data.hdf5") || has("main_data.hdf5") {
      return ForeignFormat("a Minari dataset", conversion(path))
    }
    if names.contains(where: { $0.hasPrefix("episode_") && $0.hasSuffix(".hdf5") }) {
      return ForeignFormat("a folder of ACT or ALOHA episodes", conversion(path))
    }
    for (ending, kind) in [(".npz", "NumPy archives"), (".csv", "CSV tables")]
    where names.contains(where: { $0.lowercased().hasSuffix(ending) }) {
      return ForeignFormat("a folder of \(kind)", conversion(path))
    }
    return nil
  }

  private static let bag = ForeignFormat(
    "a recording of messages (rosbag2 or MCAP)",
    "choose the topics that are observations and actions: 'dpolicy-convert PATH --list' of"
      + " Scripts/python tells what an MCAP holds and makes such a file of it")

  private static func lerobot(_ path: String) -> ForeignFormat {
    let information = (try? RegularFile.contents("\(path)/meta/info.json")).flatMap {
      try? JSONSerialization.jsonObject(with: $0) as? [String: Any]
    }
    guard let information, let version = information["codebase_version"] as? String else {
      return ForeignFormat(
        "a LeRobot dataset", "its meta/info.json does not say which version: copy it again")
    }
    let episodes = (information["total_episodes"] as? Int).map { ", \($0) episodes" } ?? ""
    let features = (information["features"] as? [String: Any])?.keys.sorted() ?? []
    guard features.contains("action") else {
      return ForeignFormat(
        "a LeRobot dataset (\(version)\(episodes))",
        "it has no 'action', only \(features.joined(separator: ", "))")
    }
    return ForeignFormat(
      "a LeRobot dataset (\(version)\(episodes))",
      conversion(path))
  }

  private static func file(_ path: String) -> ForeignFormat? {
    guard let file = FileHandle(forReadingAtPath: path) else { return nil }
    defer { try? file.close() }
    let bytes = (try? file.read(upToCount: 16)).flatMap { $0 } ?? Data()
    func begins(_ magic: [UInt8]) -> Bool { bytes.starts(with: magic) }
    if begins([0x89] + Array("MCAP0".utf8)) || begins(Array("SQLite format 3".utf8))
      || begins(Array("#ROSBAG".utf8))
    {
      return bag
    }
    if path.lowercased().hasSuffix(".csv") { return ForeignFormat("a CSV table", conversion(path)) }
    if begins(Array("PAR1".utf8)) {
      return ForeignFormat("a parquet file", "of all episodes \(layout)")
    }
    if begins(Array("PK\u{3}\u{4}".utf8)) {
      return ForeignFormat("a zip archive (.npz or zarr)", conversion(path))
    }
    if begins([0x93] + Array("NUMPY".utf8)) {
      return ForeignFormat(
        "a NumPy array", "with observations and actions beside each other \(layout)")
    }
    if let first = bytes.first, first == 0x80, bytes.count > 1,
      (2...5).contains(bytes[bytes.startIndex + 1])
    {
      return ForeignFormat(
        "a pickle, which may run anything when it is opened", "where you trust it, \(layout)")
    }
    return nil
  }

  /// The first kilobyte of a regular file as text.
  private static func start(of path: String) -> String? {
    guard (try? RegularFile.check(path)) != nil, let file = FileHandle(forReadingAtPath: path)
    else { return nil }
    defer { try? file.close() }
    return (try? file.read(upToCount: 1024)).flatMap { $0 }.map {
      String(decoding: $0, as: UTF8.self)
    }
  }
}
