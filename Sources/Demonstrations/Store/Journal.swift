import EnvironmentInterface
import Foundation

/// The folder beside a store that holds, one file each, the episodes that are not yet merged.
struct Journal: Sendable {
  /// An episode in the journal.
  struct Entry: Sendable, Hashable {
    /// The number of the episode, as in `demo_7`.
    let index: Int
    /// The file that holds it, in robomimic's layout itself.
    let path: String
    /// The name of the episode.
    var demo: String { Layout.demo(index) }

    /// The size of the file in bytes; 0 once it is merged.
    var bytes: Int {
      var status = stat()
      return stat(path, &status) == 0 ? Int(status.st_size) : 0
    }

    /// The episode's name in a store, or nil where the store's main file holds it already.
    ///
    /// A kill after a merge and before the journal was cleared leaves an episode in both. Should a
    /// main file have another episode of that name, the journal's takes the name `next`.
    func name(in main: DemonstrationFile?, known: Set<String>, next: Int) throws -> String? {
      guard known.contains(demo), let main else { return demo }
      do {
        let isMerged = try DemonstrationFile(path).episode(demo) == main.episode(demo)
        return isMerged ? nil : Layout.demo(next)
      } catch DemonstrationError.missingFile {
        return nil
      }
    }
  }

  /// The store's path.
  let store: String
  /// The folder's path.
  let folder: String

  /// The journal of a store.
  init(of store: String) {
    self.store = store
    folder = store + ".journal"
  }

  /// The episodes in the journal by their numbers; none where there is no folder.
  func entries() -> [Entry] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.compactMap { name -> Entry? in
      guard name.hasSuffix(".hdf5"), let index = Layout.index(ofDemo: String(name.dropLast(5)))
      else { return nil }
      return Entry(index: index, path: "\(folder)/\(name)")
    }.sorted { $0.index < $1.index }
  }

  /// Writes an episode as a file of its own; it is durable when this returns.
  ///
  /// - Throws: ``SystemFailure``, or ``HDF5Failure``.
  func add(_ episode: Episode, index: Int, of description: EnvironmentDescription) throws {
    let path = "\(folder)/\(Layout.demo(index)).hdf5"
    let aside = path + DurableFile.partialSuffix
    try DurableFile.make(path, aside: aside) {
      try HDF5File.create(aside) { root in
        let data = try EpisodeWriter.createData(in: root, for: description, total: episode.count)
        try EpisodeWriter.write(episode, as: Layout.demo(index), in: data)
      }
    }
  }

  /// Removes what a killed recorder left half-written.
  func sweep() {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    for name in names where name.hasSuffix(DurableFile.partialSuffix) {
      unlink("\(folder)/\(name)")
    }
  }

  /// Removes the folder, if nothing is in it any more.
  func removeIfEmpty() {
    rmdir(folder)
  }

  /// Moves all entries into the store: copy, write, sync, rename.
  ///
  /// A kill at any moment leaves every episode in the store, in the journal or in both; an episode
  /// found in both is taken once.
  ///
  /// - Throws: ``DemonstrationError``; store and journal are then as they were.
  func merge() throws {
    let entries = entries()
    guard !entries.isEmpty else { return }
    let aside = "\(folder)/merged\(DurableFile.partialSuffix)"
    do {
      try DurableFile.make(store, aside: aside) {
        try DurableFile.copy(store, to: aside)
        try append(entries, to: aside)
      }
    } catch {
      let kept = "; its \(entries.count) new episodes are safe in \(folder)"
      switch error {
      case let failure as SystemFailure:
        throw DemonstrationError.unwritable(path: store, reason: failure.reason + kept)
      case let failure as HDF5Failure:
        throw DemonstrationError.unwritable(path: store, reason: failure.reason + kept)
      default: throw error
      }
    }
    for entry in entries { unlink(entry.path) }
  }

  private func append(_ entries: [Entry], to path: String) throws {
    let main = try DemonstrationFile(store)
    // What main has is known by name; the copy's own names follow as they are added.
    var known = Set(try main.demos())
    var next = (known.compactMap { Layout.index(ofDemo: $0) }.max() ?? -1) + 1
    let copy = try HDF5File(path, .updating)
    var added: Int64 = 0
    for entry in entries {
      guard let name = try entry.name(in: main, known: known, next: next) else { continue }
      next = max(next, (Layout.index(ofDemo: name) ?? 0) + 1)
      known.insert(name)
      added += try copy.withRoots(and: HDF5File(entry.path)) { target, source in
        let data = try source.group(Layout.data)
        try data.copy(entry.demo, into: target.group(Layout.data), as: name)
        return try data.group(entry.demo).integer(Layout.samples) ?? 0
      }
    }
    try copy.withRoot { root in
      let data = try root.group(Layout.data)
      try data.setAttribute(Layout.total, (data.integer(Layout.total) ?? 0) + added)
    }
    try copy.close()
  }
}
