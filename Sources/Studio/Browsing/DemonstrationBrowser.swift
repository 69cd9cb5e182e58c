import Demonstrations
public import EnvironmentInterface
import Foundation
package import Imitation
import Naming
import Synchronization

/// What the browsing page reads and writes: demonstrations' files of one folder.
///
/// Any number of requests may be answered at once; the file that was opened last stays open.
public final class DemonstrationBrowser: Sendable {
  /// An opened file, and what makes a file of that path another one.
  private struct Opened: Sendable {
    let path: String
    let stamp: String
    let store: DemonstrationStore
    let list: EpisodeList
  }

  /// Where files may be.
  public let folder: StudioFolder
  private let registry: EnvironmentRegistry
  private let opened = Mutex<Opened?>(nil)
  /// What the keys of a file were found to be, by its stamp.
  private let outlook = Mutex<(stamp: String, outlook: TrainingOutlook)?>(nil)

  /// Creates a browser of a folder.
  ///
  /// - Parameters:
  ///   - folder: The folder.
  ///   - registry: The environments in which episodes can be drawn.
  public init(_ folder: StudioFolder, registry: EnvironmentRegistry) {
    self.folder = folder
    self.registry = registry
  }

  /// The files and what is in one of them.
  ///
  /// - Parameter file: The file, relative to the folder.
  /// - Returns: Environment, masks and a line for each episode.
  /// - Throws: ``StudioFailure/outside(path:folder:)``, or `DemonstrationError`.
  public func list(_ file: String) throws -> EpisodeList { try open(file).list }

  /// One episode with its series, and a scene for each step where it can be drawn.
  ///
  /// - Parameters:
  ///   - index: Which episode.
  ///   - file: The file, relative to the folder.
  /// - Returns: The episode.
  /// - Throws: ``StudioFailure/outside(path:folder:)``, or `DemonstrationError`.
  public func episode(_ index: Int, of file: String) throws -> EpisodeDocument {
    let opened = try open(file)
    return EpisodeDocument(
      try opened.store.episode(index), name: opened.store.names[index],
      environment: environment(of: opened.store), description: opened.store.environment)
  }

  /// What a training makes of a file, key by key; all of it is read, and once.
  ///
  /// - Parameter file: The file, relative to the folder.
  /// - Returns: What is usable and what not, how it is scaled, and what looks odd.
  /// - Throws: ``StudioFailure/outside(path:folder:)``, or `DemonstrationError`.
  package func outlook(_ file: String) throws -> TrainingOutlook {
    let opened = try open(file)
    let stamp = "\(opened.path) \(opened.stamp)"
    if let known = outlook.withLock({ $0 }), known.stamp == stamp { return known.outlook }
    let fresh = TrainingOutlook(try opened.store.summary())
    outlook.withLock { $0 = (stamp, fresh) }
    return fresh
  }

  /// Writes which episodes are bad: the masks `bad` and `good`.
  ///
  /// - Parameters:
  ///   - names: The bad episodes' names, such as `demo_3`.
  ///   - file: The file, relative to the folder.
  /// - Throws: ``StudioFailure/outside(path:folder:)``, or `DemonstrationError`.
  public func mark(bad names: [String], in file: String) throws {
    let path = try folder.resolveStore(file)
    let bad = Set(names)
    let all = try DemonstrationStore(reading: path, following: .nowhere).names
    try DemonstrationMasks.write(
      ["bad": names, "good": all.filter { !bad.contains($0) }], to: path)
    opened.withLock { $0 = nil }
  }

  private func open(_ file: String) throws -> Opened {
    let path = try folder.resolveStore(file)
    let stamp = Self.stamp(path)
    if let opened = opened.withLock({ $0 }), opened.path == path, opened.stamp == stamp {
      return opened
    }
    let store = try DemonstrationStore(reading: path, following: .nowhere)
    let list = try EpisodeList(store, shownAs: folder.shown(path))
    let fresh = Opened(path: path, stamp: stamp, store: store, list: list)
    opened.withLock { $0 = fresh }
    return fresh
  }

  /// Changes with every episode that is saved, merged, taken back or marked.
  private static func stamp(_ path: String) -> String {
    [path, path + ".journal"].map { path in
      var status = stat()
      guard stat(path, &status) == 0 else { return "-" }
      return "\(status.st_ino) \(status.st_size) \(status.st_mtim.tv_sec) \(status.st_mtim.tv_nsec)"
    }.joined(separator: "; ")
  }

  /// The world that a file was recorded in; nil where this program has none of that name.
  private func environment(of store: DemonstrationStore) -> (any Environment)? {
    guard let name = store.environment?.name ?? store.environmentName else { return nil }
    return try? registry.make(name, options: store.environment?.options ?? [:])
  }
}
