import DurableFiles
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
        let isMerged = try DemonstrationFile(path).wholeEpisode(demo) == main.wholeEpisode(demo)
        return isMerged ? nil : Layout.demo(next)
      } catch DemonstrationError.missingFile {
        return nil
      } catch is DemonstrationError {
        // Whichever of the two is damaged: whoever reads it is told, and the others stay usable.
        return Layout.demo(next)
      }
    }
  }

  /// What was written into an entry by this process.
  struct Written: Sendable {
    /// The number of steps.
    let steps: Int
    /// The checksums of the datasets by their names, such as `obs/state`.
    let checksums: [String: String]
  }

  /// The store's path.
  let store: String
  /// The folder's path.
  let folder: String
  /// What is being recorded, if it has an end.
  var plan: RecordingPlan?

  /// What the names of entries end with that were set aside.
  static let damagedSuffix = ".damaged"

  /// The journal of a store.
  init(of store: String) {
    self.store = store
    folder = store + ".journal"
  }

  /// The episodes in the journal by their numbers; none where there is no folder.
  func entries() -> [Entry] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.compactMap { name -> Entry? in
      guard name.hasSuffix(".hdf5"), let index = Layout.index(ofDemo: String(name.dropLast(5))),
        !Self.isLink("\(folder)/\(name)")
      else { return nil }
      return Entry(index: index, path: "\(folder)/\(name)")
    }.sorted { $0.index < $1.index }
  }

  /// Whether a path is a symbolic link, as nothing of a journal is.
  private static func isLink(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
  }

  /// The bytes of a store without episodes, from which main file and entries are made.
  ///
  /// - Throws: ``HDF5Failure``.
  func template(for description: EnvironmentDescription) throws -> [UInt8] {
    try HDF5File.image { root in
      try EpisodeWriter.createData(in: root, for: description, plan: plan)
    }
  }

  /// Creates the main file, without episodes.
  ///
  /// - Throws: ``SystemFailure``.
  func createStore(from template: [UInt8]) throws {
    var bytes = template
    FileSeal.append(to: &bytes)
    try DurableFile.replace(store, with: bytes)
  }

  /// Writes an episode as a file of its own; it is durable when this returns, and was read back.
  ///
  /// The file is made in memory, so that the library meets no error of the disk; that the library
  /// wrote what it was given, is compared when the entry is merged.
  ///
  /// - Returns: What to expect of the entry.
  /// - Throws: ``SystemFailure``, or ``HDF5Failure``; nothing is left behind then.
  func add(_ episode: Episode, index: Int, template: [UInt8]) throws -> Written {
    var checksums: [String: String] = [:]
    var bytes = try HDF5File.image(from: template) { root in
      let data = try root.group(Layout.data)
      checksums = try EpisodeWriter.write(episode, as: Layout.demo(index), in: data)
      try data.setAttribute(Layout.total, Int64(episode.count))
      try data.seal()
    }
    FileSeal.append(to: &bytes)
    try DurableFile.replace("\(folder)/\(Layout.demo(index)).hdf5", with: bytes)
    return Written(steps: episode.count, checksums: checksums)
  }

  /// Removes an episode's file; it is gone for good when this returns.
  ///
  /// - Throws: ``SystemFailure``.
  func remove(index: Int) throws {
    try SystemFailure.check(unlink("\(folder)/\(Layout.demo(index)).hdf5"))
    try DurableFile.synchronise(folder)
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

  /// Reads all entries and sets those aside that cannot be read or do not match their checksums.
  ///
  /// - Returns: What is wrong with each; the good ones are as they were.
  /// - Throws: ``SystemFailure``.
  func setDamagedAside() throws -> [DemonstrationError] {
    var errors: [DemonstrationError] = []
    for entry in entries() {
      do {
        let file = try DemonstrationFile(entry.path)
        _ = try file.environment()
        _ = try file.wholeEpisode(entry.demo)
      } catch DemonstrationError.missingFile {
        continue
      } catch let error as DemonstrationError {
        errors.append(.setAside(path: try setAside(entry), reason: "\(error)"))
      }
    }
    if !errors.isEmpty { try DurableFile.synchronise(folder) }
    return errors
  }

  /// Gives a damaged entry a name under which nothing reads it any more.
  private func setAside(_ entry: Entry) throws -> String {
    var path = entry.path + Self.damagedSuffix
    var copies = 1
    while FileManager.default.fileExists(atPath: path) {
      copies += 1
      path = "\(entry.path).\(copies)\(Self.damagedSuffix)"
    }
    try SystemFailure.check(rename(entry.path, path))
    return path
  }

  /// The entries that were set aside.
  func damaged() -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.filter { $0.hasSuffix(Self.damagedSuffix) }.sorted().map { "\(folder)/\($0)" }
  }

  /// Moves all entries into the store: copy, write, read back, sync, rename.
  ///
  /// A kill at any moment leaves every episode in the store, in the journal or in both; an episode
  /// found in both is taken once.
  ///
  /// - Parameter own: The entries that this process has written, by their numbers.
  /// - Throws: ``DemonstrationError``; store and journal are then as they were.
  func merge(own: [Int: Written] = [:]) throws {
    let entries = entries()
    guard !entries.isEmpty else { return }
    let aside = "\(folder)/merged\(DurableFile.partialSuffix)"
    do {
      try DurableFile.make(store, aside: aside) {
        try DurableFile.copy(store, to: aside)
        try append(entries, own: own, to: aside)
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

  private func append(_ entries: [Entry], own: [Int: Written], to path: String) throws {
    let main = try DemonstrationFile(store)
    // What main has is known by name; the copy's own names follow as they are added.
    var known = Set(try main.demos().names)
    var next = (known.compactMap { Layout.index(ofDemo: $0) }.max() ?? -1) + 1
    let copy = try HDF5File(path, .updating)
    var added: [(name: String, written: Written)] = []
    for entry in entries {
      guard let name = try entry.name(in: main, known: known, next: next) else { continue }
      next = max(next, (Layout.index(ofDemo: name) ?? 0) + 1)
      known.insert(name)
      added.append((name, try add(entry, own[entry.index], to: copy, as: name)))
    }
    try copy.withRoot { root in
      let data = try root.group(Layout.data)
      let steps = added.reduce(0) { $0 + Int64($1.written.steps) }
      try data.setAttribute(Layout.total, (data.integer(Layout.total) ?? 0) + steps)
      if let plan { try data.setAttribute(Layout.plan, EpisodeWriter.json(plan)) }
      try data.seal()
    }
    try copy.close()
    try FileSeal.append(to: path)
    do {
      let merged = try DemonstrationFile(path, isOurs: true)
      _ = try merged.environment()
      for (name, written) in added { try merged.compare(name, with: written.checksums) }
    } catch let error as DemonstrationError {
      throw HDF5Failure(reason: "what was written does not read back as it was: \(error)")
    }
  }

  /// Copies an entry; one of an earlier version, without checksums, is rewritten.
  private func add(
    _ entry: Entry, _ own: Written?, to copy: HDF5File, as name: String
  ) throws -> Written {
    let file = try DemonstrationFile(entry.path, isOurs: own != nil)
    if let own {
      try file.copy(entry.demo, into: copy, as: name)
      return own
    }
    let episode = try file.wholeEpisode(entry.demo)
    if try file.hasChecksums() {
      try file.copy(entry.demo, into: copy, as: name)
      return Written(steps: episode.count, checksums: try file.checksums(entry.demo).texts)
    }
    let checksums = try copy.withRoot { root in
      try EpisodeWriter.write(episode, as: name, in: root.group(Layout.data))
    }
    return Written(steps: episode.count, checksums: checksums)
  }
}
