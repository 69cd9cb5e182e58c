import DurableFiles
public import EnvironmentInterface
import Foundation
import Synchronization

/// Recorded demonstrations: an HDF5 file in robomimic's layout and the journal beside it, as one.
///
/// Opening reads names only; an episode is read when it is asked for. Nothing is ever written.
/// Any number of threads may use one store, and another process may be recording into it: the
/// store goes on showing the episodes that it had when it was opened.
public final class DemonstrationStore: Sendable {
  /// Where an episode is kept.
  private enum Source: Sendable {
    case main(demo: String)
    case journal(Journal.Entry)
  }

  /// The path that was opened.
  public let path: String
  /// The names of the episodes, such as `demo_0`, in order.
  public let names: [String]
  /// The environment as it was when this package recorded the file; nil for a file of others.
  public let environment: EnvironmentDescription?
  /// The environment's name, which files of others have too; nil where nothing says it.
  public let environmentName: String?
  /// What was to be recorded, where the file says it; with fewer episodes it is a part of that.
  public let plan: RecordingPlan?
  /// How many of the episodes are still in the journal.
  public let journalCount: Int
  /// The size of the main file and the journal in bytes.
  public let bytes: Int
  /// The files of damaged episodes that a recorder has set aside; none of them is shown.
  public let setAside: [String]
  /// What stands in the main file beside its episodes and cannot be used.
  let unusedParts: [UnusedPart]

  private let sources: [Source]
  private let masks: [String: [String]]
  /// Masks that name what is not an episode, and the first such name.
  private let strangers: [String: String]
  private let links: LinkPolicy
  private let main: Mutex<DemonstrationFile?>
  private let mainPath: String
  /// The digest, once it was computed; what the store shows never changes.
  let knownDigest = Mutex<String?>(nil)

  /// Opens a store for reading.
  ///
  /// - Parameters:
  ///   - path: The main file; a journal without a main file is a store too.
  ///   - links: Which other files it may lead to.
  /// - Throws: ``DemonstrationError`` for a file that is missing, no HDF5, cut short or damaged.
  public init(reading path: String, following links: LinkPolicy = .ownFolder) throws {
    self.path = path
    self.links = links
    mainPath = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
    // The journal first: an episode that is merged meanwhile is then seen twice, not never.
    let journal = Journal(of: mainPath)
    let entries = journal.entries()
    setAside = journal.damaged()
    let main: DemonstrationFile? =
      entries.isEmpty || FileManager.default.fileExists(atPath: mainPath)
      ? try DemonstrationFile(mainPath, shownAs: path, following: links) : nil

    let (demos, others) = try main?.demos() ?? ([], [])
    let journalled = try Self.remaining(entries, beside: main, known: demos)
    names = demos + journalled.map(\.name)
    sources = demos.map { .main(demo: $0) } + journalled.map { .journal($0.entry) }
    journalCount = journalled.count
    let (lists, unusedMasks) = try main?.masks() ?? ([:], [])
    let known = Set(names)
    masks = lists.filter { known.isSuperset(of: $0.value) }
    strangers = lists.compactMapValues { list in list.first { !known.contains($0) } }
    unusedParts =
      others + unusedMasks
      + strangers.sorted { $0.key < $1.key }.map {
        UnusedPart("mask/\($0.key)", "it names '\($0.value)', which is not an episode of this file")
      }
    // A damaged entry does not keep others from telling the environment.
    let described =
      try main ?? entries.lazy.compactMap { try? DemonstrationFile($0.path) }.first
      ?? entries.first.map { try DemonstrationFile($0.path) }
    environment = try described?.environment()
    plan = try described?.plan()
    environmentName = try environment?.name ?? described?.environmentName()
    bytes = (main?.bytes ?? 0) + journalled.reduce(0) { $0 + $1.entry.bytes }
    self.main = Mutex(main)
  }

  /// The number of episodes.
  public var count: Int { names.count }

  /// The names of the file's masks (`train`, `valid`), in order.
  public var maskNames: [String] { masks.keys.sorted() }

  /// Reads an episode and checks it.
  ///
  /// What cannot be used, such as texts, is left out; what is asked for by name must be usable.
  ///
  /// - Parameters:
  ///   - index: Which one; 0 to `count` − 1.
  ///   - observations: The observations to read; nil for all that the episode has.
  /// - Returns: The episode, every value of it finite and every count agreeing.
  /// - Throws: ``DemonstrationError``, which names file, episode, dataset and element.
  public func episode(_ index: Int, observations: [String]? = nil) throws -> Episode {
    try reading(index, .everything(observations: observations))
      .whole(isOurs: environment != nil)
  }

  /// Reads an episode, or the part of it that is asked for.
  func reading(_ index: Int, _ extent: EpisodeReader.Extent) throws -> EpisodeReading {
    try withFile(of: index) { file, demo in try file.reading(demo, extent) }
  }

  /// What an episode has to look at.
  func keys(of index: Int) throws -> [ObservationKey] {
    try withFile(of: index) { file, demo in try file.keys(of: demo) }
  }

  private func withFile<Result>(
    of index: Int, _ body: (DemonstrationFile, _ demo: String) throws -> Result
  ) throws -> Result {
    guard sources.indices.contains(index) else {
      throw DemonstrationError.unknownEpisode(path: path, index: index, count: count)
    }
    switch sources[index] {
    case .main(let demo):
      guard let file = main.withLock({ $0 }) else {
        throw DemonstrationError.missingFile(path: path)
      }
      return try body(file, demo)
    case .journal(let entry):
      do {
        return try body(DemonstrationFile(entry.path), entry.demo)
      } catch DemonstrationError.missingFile {
        // A recorder has merged its journal since this store was opened.
        return try body(merged(), names[index])
      }
    }
  }

  /// The names of the observations that an episode has and that can be used, in order.
  ///
  /// - Throws: ``DemonstrationError``.
  public func observationNames(of index: Int = 0) throws -> [String] {
    try keys(of: index).filter { $0.problem == nil }.map(\.name).sorted()
  }

  /// The episodes of one of the file's masks, in the order of the file.
  ///
  /// - Throws: ``DemonstrationError`` for a mask that is not there or names unknown episodes.
  public func episodes(inMask name: String) throws -> [Int] {
    if let stranger = strangers[name] {
      throw DemonstrationError.damaged(
        DemonstrationPlace(file: path, dataset: "mask/\(name)"),
        reason: "it names '\(stranger)', which is not an episode of this file")
    }
    guard let listed = masks[name] else {
      throw DemonstrationError.unknownMask(
        path: path, name: name, known: (maskNames + strangers.keys).sorted())
    }
    let indices = Dictionary(names.enumerated().map { ($1, $0) }) { first, _ in first }
    // A name that is listed twice is one episode.
    return Set(listed).compactMap { indices[$0] }.sorted()
  }

  /// The place of an episode, for messages.
  func place(of index: Int) -> DemonstrationPlace {
    switch sources[index] {
    case .main(let demo): DemonstrationPlace(file: path, demo: demo)
    case .journal(let entry): DemonstrationPlace(file: entry.path, demo: entry.demo)
    }
  }

  /// What is wrong with the files as a whole.
  func sealProblems() -> [String] {
    var paths = (try? RegularFile.check(mainPath)) == nil ? [] : [mainPath]
    for case .journal(let entry) in sources { paths.append(entry.path) }
    return paths.compactMap { file in
      let shown = file == mainPath ? path : file
      do {
        return try FileSeal.problem(of: file).map { "\(shown): \($0)" }
      } catch let failure as SystemFailure {
        // An entry may have been merged meanwhile.
        return failure.code == ENOENT ? nil : "\(shown): cannot be read: \(failure.reason)"
      } catch {
        return "\(shown): \(error)"
      }
    }
  }

  /// How many datasets of an episode have a checksum, and how many have none.
  func checksums(of index: Int) throws -> (with: Int, without: Int) {
    let (texts, without) =
      switch sources[index] {
      case .main(let demo): try main.withLock { $0 }?.checksums(demo) ?? ([:], 0)
      case .journal(let entry): try DemonstrationFile(entry.path).checksums(entry.demo)
      }
    return (texts.count, without)
  }

  /// The number of steps that the files' own attributes give; nil where the main file has none.
  func recordedTotal() throws -> Int? {
    guard let file = main.withLock({ $0 }) else { return nil }
    guard var total = try file.total() else { return nil }
    for case .journal(let entry) in sources {
      total += try DemonstrationFile(entry.path).total() ?? 0
    }
    return total
  }

  /// The main file as it is now.
  private func merged() throws -> DemonstrationFile {
    let file = try DemonstrationFile(mainPath, shownAs: path, following: links)
    main.withLock { $0 = file }
    return file
  }

  /// The entries of a journal that the main file does not hold, each with its name in the store.
  private static func remaining(
    _ entries: [Journal.Entry], beside main: DemonstrationFile?, known demos: [String]
  ) throws -> [(name: String, entry: Journal.Entry)] {
    var known = Set(demos)
    var next = (demos.compactMap { Layout.index(ofDemo: $0) }.max() ?? -1) + 1
    var remaining: [(name: String, entry: Journal.Entry)] = []
    for entry in entries {
      guard let name = try entry.name(in: main, known: known, next: next) else { continue }
      next = max(next, (Layout.index(ofDemo: name) ?? 0) + 1)
      known.insert(name)
      remaining.append((name, entry))
    }
    return remaining
  }
}
