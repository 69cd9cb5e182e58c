import DurableFiles
import EnvironmentInterface
import Foundation
import Naming

/// A file in robomimic's layout, or one that is seen so (``ForeignView``), opened for reading.
struct DemonstrationFile: Sendable {
  /// The path, for messages.
  let path: String
  /// The size in bytes.
  let bytes: Int
  private let file: HDF5File
  /// What in the file must not be touched, by its path inside; see ``HDF5Probe``.
  private let dangers: [String: String]
  /// What of a file of another layout is not used.
  private let unused: [UnusedPart]

  /// Opens a file and checks that it has the group `data`.
  ///
  /// - Throws: ``DemonstrationError`` for a file that is missing, unreadable, something else, cut
  ///   short, damaged, or without the group.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - shown: The path in messages, where another was given than is opened.
  ///   - links: Which other files it may lead to.
  ///   - isOurs: Whether this process itself has just written the file.
  init(
    _ path: String, shownAs shown: String? = nil, following links: LinkPolicy = .nowhere,
    isOurs: Bool = false
  ) throws {
    self.path = shown ?? path
    let place = DemonstrationPlace(file: self.path)
    let parts = ForeignView.episodeFiles(in: path)
    if !parts.isEmpty, links != .nowhere {
      bytes = try parts.reduce(0) { try $0 + Self.size($1, shownAs: $1) }
      for part in parts { try Self.refuseDangers(HDF5Probe.dangers(in: part), in: part) }
      let view = try place.naming {
        try ForeignView(episodes: parts, in: path, following: links)
      }
      (file, unused, dangers) = (view.file, view.unused, [:])
      return
    }
    bytes = try Self.size(path, shownAs: self.path)
    let dangers = isOurs ? [:] : HDF5Probe.dangers(in: path)
    try Self.refuseDangers(
      dangers.filter { ["/", "/\(Layout.data)"].contains($0.key) }, in: self.path)
    let file = try Self.open(path, bytes: bytes, shownAs: self.path, links)
    let names = try place.naming { try file.withRoot { root in try root.names() } }
    if names.contains(Layout.data) {
      (self.file, self.dangers, unused) = (file, dangers, [])
      return
    }
    try Self.refuseDangers(dangers, in: self.path)
    guard let view = try place.naming({ try ForeignView.of(file, path, following: links) }) else {
      if let format = ForeignFormat(hdf5: names) {
        throw DemonstrationError.foreign(
          path: self.path, format: format.name, remedy: format.remedy)
      }
      throw DemonstrationError.missing(place, name: Layout.data, known: names)
    }
    (self.file, self.dangers, unused) = (view.file, [:], view.unused)
  }

  private static func refuseDangers(_ dangers: [String: String], in path: String) throws {
    guard let danger = dangers.min(by: { $0.key < $1.key }) else { return }
    throw DemonstrationError.damaged(DemonstrationPlace(file: path), reason: danger.value)
  }

  /// The file as a whole.
  var place: DemonstrationPlace { DemonstrationPlace(file: path) }

  /// The names of the episodes, by their numbers, and what else stands in `data`.
  ///
  /// An episode is called `demo_N`, or is another group that has actions.
  func demos() throws -> (names: [String], others: [UnusedPart]) {
    try withData { data in
      var names: [String] = []
      var others: [UnusedPart] = []
      for name in try data.names() {
        let isEpisode =
          try Layout.isDemo(name) || data.isGroup(name) && data.group(name).contains("actions")
        if isEpisode {
          names.append(name)
        } else {
          others.append(UnusedPart("\(Layout.data)/\(name)", "not an episode: it has no actions"))
        }
      }
      return (Layout.ordered(names), others + unused)
    }
  }

  /// The lists of episodes' names in `mask`, those in groups of their own as `GROUP/NAME`, and what
  /// else stands there.
  func masks() throws -> (lists: [String: [String]], others: [UnusedPart]) {
    if let danger = dangers.first(where: { $0.key.hasPrefix("/\(Layout.mask)") }) {
      return ([:], [UnusedPart(String(danger.key.dropFirst()), danger.value)])
    }
    return try place.naming {
      try file.withRoot { root in
        var masks: (lists: [String: [String]], others: [UnusedPart]) = ([:], [])
        guard try root.contains(Layout.mask) else { return masks }
        guard try root.isGroup(Layout.mask) else {
          masks.others.append(UnusedPart(Layout.mask, "it is not a group of masks"))
          return masks
        }
        try collect(root.group(Layout.mask), "", depth: 0, into: &masks)
        return masks
      }
    }
  }

  private func collect(
    _ group: borrowing HDF5Group, _ prefix: String, depth: Int,
    into masks: inout (lists: [String: [String]], others: [UnusedPart])
  ) throws {
    for name in try group.names() {
      let path = prefix + name
      if depth < 4, try group.isGroup(name) {
        try collect(group.group(name), path + "/", depth: depth + 1, into: &masks)
        continue
      }
      do {
        let dataset = try group.dataset(name)
        guard dataset.kind == .text, !dataset.isEmpty, let count = dataset.count, count <= bytes
        else { throw HDF5Failure(reason: "it is not a list of episode names") }
        if let reason = try dataset.absence() { throw HDF5Failure(reason: reason) }
        masks.lists[path] = try dataset.texts(count).map { HDF5Name.canonical($0) }
      } catch let failure as HDF5Failure {
        masks.others.append(UnusedPart("\(Layout.mask)/\(path)", failure.reason))
      } catch let refusal as LinkRefusal {
        masks.others.append(UnusedPart("\(Layout.mask)/\(path)", refusal.reason))
      }
    }
  }

  /// Runs `body` with the group `data`, inside the library's lock.
  func withData<R: Sendable>(_ body: (borrowing HDF5Group) throws -> R) throws -> R {
    try place.naming {
      try file.withRoot { root in try body(root.group(Layout.data)) }
    }
  }

  /// Reads an episode, or the part of it that is asked for.
  func reading(_ demo: String, _ extent: EpisodeReader.Extent) throws -> EpisodeReading {
    let reader = EpisodeReader(file: path, fileBytes: bytes, dangers: dangers)
    return try withData { data in try reader.episode(demo, in: data, extent) }
  }

  /// Reads all of an episode that can be used.
  ///
  /// - Throws: ``DemonstrationError`` for an episode of ours in which anything is damaged.
  func episode(_ demo: String) throws -> Episode {
    let reading = try reading(demo, .everything(observations: nil))
    return try reading.whole(isOurs: environment() != nil)
  }

  /// Reads an episode of ours, of which nothing may be unusable.
  func wholeEpisode(_ demo: String) throws -> Episode {
    let reading = try reading(demo, .everything(observations: nil))
    if let fault = reading.leftOut.first { throw fault.error }
    return reading.episode
  }

  /// What an episode has to look at.
  func keys(of demo: String) throws -> [ObservationKey] {
    let reader = EpisodeReader(file: path, fileBytes: bytes, dangers: dangers)
    return try withData { data in try reader.keys(of: demo, in: data) }
  }

  /// The environment's description, where this package wrote the file.
  func environment() throws -> EnvironmentDescription? {
    let json = try withData { data in
      try data.checkAttributes()
      return try data.text(Layout.description)
    }
    guard let json else { return nil }
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    do {
      return try decoder.decode(EnvironmentDescription.self, from: Data(json.utf8))
    } catch {
      throw DemonstrationError.damaged(
        place, reason: "attribute '\(Layout.description)' does not describe an environment")
    }
  }

  /// What was to be recorded, where the file says it.
  func plan() throws -> RecordingPlan? {
    guard let json = try withData({ data in try data.text(Layout.plan) }) else { return nil }
    return try? JSONDecoder().decode(RecordingPlan.self, from: Data(json.utf8))
  }

  /// The number of steps of all episodes, as robomimic notes it.
  func total() throws -> Int? {
    try withData { data in try data.integer(Layout.total).map { Int(clamping: $0) } }
  }

  /// The environment's name as robomimic notes it, whoever wrote the file; nil where that is noted
  /// otherwise.
  func environmentName() throws -> String? {
    try withData { data in try? data.text(Layout.environment) }
      .flatMap { EnvironmentArguments.name(in: $0) }
  }

  /// Whether the file was written with checksums.
  func hasChecksums() throws -> Bool {
    try withData { data in try data.checksum() != nil }
  }

  /// The checksums of an episode's datasets by their names, and how many datasets have none.
  func checksums(_ demo: String) throws -> (texts: [String: String], without: Int) {
    try withData { data in
      let group = try data.group(demo)
      var names = try group.names().filter { $0 != "obs" }
      if try group.isGroup("obs") { names += try group.group("obs").names().map { "obs/\($0)" } }
      var texts: [String: String] = [:]
      var without = 0
      // Of others' files there may stand what is not a dataset, or cannot be reached.
      for name in names where (try? group.isDataset(name)) == true {
        texts[name] = try group.dataset(name).checksum()
        if texts[name] == nil { without += 1 }
      }
      return (texts, without)
    }
  }

  /// Reads an episode's datasets as they are stored, and its attributes, and compares them.
  ///
  /// - Throws: ``DemonstrationError`` for anything that differs.
  func compare(_ demo: String, with checksums: [String: String]) throws {
    let place = DemonstrationPlace(file: path, demo: demo)
    try withData { data in
      try place.naming {
        let group = try data.group(demo)
        try group.checkAttributes()
        for (name, checksum) in checksums {
          try place.at(name).naming { try group.dataset(name).compareStored(with: checksum) }
        }
      }
    }
  }

  /// Copies an episode into another file, as it is stored.
  func copy(_ demo: String, into target: HDF5File, as name: String) throws {
    try DemonstrationPlace(file: path, demo: demo).naming {
      try target.withRoots(and: file) { target, source in
        try source.group(Layout.data).copy(demo, into: target.group(Layout.data), as: name)
      }
    }
  }

  private static func size(_ path: String, shownAs shown: String) throws -> Int {
    var status = stat()
    guard stat(path, &status) == 0 else {
      if errno == ENOENT || errno == ENOTDIR { throw DemonstrationError.missingFile(path: shown) }
      throw DemonstrationError.unreadable(path: shown, reason: SystemFailure.latest.reason)
    }
    if status.st_mode & S_IFMT == S_IFDIR { try refuseForeign(path, shownAs: shown) }
    do {
      try RegularFile.check(path)
    } catch {
      throw DemonstrationError.unreadable(path: shown, reason: error.reason)
    }
    guard access(path, R_OK) == 0 else {
      throw DemonstrationError.unreadable(path: shown, reason: SystemFailure.latest.reason)
    }
    return Int(status.st_size)
  }

  /// Throws where something is of a known format of others.
  private static func refuseForeign(_ path: String, shownAs shown: String) throws {
    guard let format = ForeignFormat(at: path) else { return }
    throw DemonstrationError.foreign(path: shown, format: format.name, remedy: format.remedy)
  }

  private static func open(
    _ path: String, bytes: Int, shownAs shown: String, _ links: LinkPolicy
  ) throws -> HDF5File {
    do {
      return try HDF5File(path, following: links)
    } catch let failure as HDF5Failure {
      // A recorder may have merged and removed an episode's file just now.
      guard access(path, F_OK) == 0 else { throw DemonstrationError.missingFile(path: shown) }
      guard bytes > 0 else {
        throw DemonstrationError.unreadable(
          path: shown, reason: "it is empty; copy it again, or record it anew")
      }
      guard HDF5File.hasSignature(path) else {
        try refuseForeign(path, shownAs: shown)
        throw DemonstrationError.notHDF5(path: shown)
      }
      // The shortest superblock is 48 bytes; a shorter file cannot even say how long it was.
      if bytes < 48 || failure.reason.contains("truncated") {
        throw DemonstrationError.truncated(path: shown, reason: failure.reason)
      }
      throw DemonstrationError.damaged(DemonstrationPlace(file: shown), reason: failure.reason)
    }
  }
}
