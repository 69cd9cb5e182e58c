import DurableFiles
import Foundation
import Naming

/// Writes robomimic's masks: named lists of episodes, such as `mask/good`.
public enum DemonstrationMasks {
  /// Writes masks into a file of demonstrations; masks of other names stay as they are.
  ///
  /// The file is copied, changed and renamed into place: a kill leaves the old one or the new one.
  /// Episodes that are still in the journal are merged first.
  ///
  /// - Parameters:
  ///   - masks: For each mask the names of its episodes, such as `demo_0`.
  ///   - path: The file.
  /// - Throws: ``DemonstrationError`` for an episode that is not there, a name that cannot be a
  ///   dataset's, a file that somebody is recording into, or one that cannot be written.
  public static func write(_ masks: [String: [String]], to path: String) throws {
    let resolved = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
    let store = try DemonstrationStore(reading: path, following: .nowhere)
    let known = Set(store.names)
    for (mask, episodes) in masks {
      guard !mask.isEmpty, !mask.contains("/"), mask != "." else {
        throw DemonstrationError.unknownMask(path: path, name: mask, known: store.maskNames)
      }
      if let stranger = episodes.first(where: { !known.contains($0) }) {
        throw DemonstrationError.damaged(
          DemonstrationPlace(file: path, dataset: "mask/\(mask)"),
          reason: "it would name '\(stranger)', which is not an episode of this file")
      }
    }
    let journal = Journal(of: resolved)
    let lock = try DemonstrationRecorder.lock(journal, shownAs: path)
    defer {
      journal.sweep()
      lock.release()
      journal.removeIfEmpty()
    }
    do {
      _ = try journal.setDamagedAside()
      try journal.merge()
      try replace(masks, in: resolved, aside: "\(journal.folder)/masks\(DurableFile.partialSuffix)")
    } catch let failure as SystemFailure {
      throw DemonstrationError.unwritable(path: path, reason: failure.reason)
    } catch let failure as HDF5Failure {
      throw DemonstrationError.unwritable(path: path, reason: failure.reason)
    }
  }

  private static func replace(
    _ masks: [String: [String]], in path: String, aside: String
  ) throws {
    try DurableFile.make(path, aside: aside) {
      try DurableFile.copy(path, to: aside)
      try HDF5File.update(aside) { root in
        let hasMasks = try root.isGroup(Layout.mask)
        let group = try hasMasks ? root.group(Layout.mask) : root.createGroup(Layout.mask)
        for (name, episodes) in masks.sorted(by: { $0.key < $1.key }) {
          if try group.contains(name) { try group.remove(name) }
          try group.write(name, Layout.ordered(episodes))
        }
      }
      try FileSeal.append(to: aside)
    }
  }
}
