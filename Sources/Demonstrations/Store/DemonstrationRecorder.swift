import DurableFiles
public import EnvironmentInterface
import Foundation
import Synchronization

/// Adds episodes to a store, so that one that was added stays whatever happens afterwards.
///
/// ``append(_:)`` returns when the episode is durable in a file of its own in `NAME.hdf5.journal`;
/// ``close()``, or the next recorder, merges the journal into the main file. One recorder at a time
/// has a store; a recorder that is killed leaves a store that can be read and continued at once.
public final class DemonstrationRecorder: Sendable {
  private struct State: Sendable {
    var next: Int
    var count: Int
    var check: EpisodeCheck
    /// The episodes that this recorder has added, by their numbers, and not taken back.
    var added: [Int] = []
    /// What they are, to compare with when they are merged.
    var written: [Int: Journal.Written] = [:]
    var isClosed = false
  }

  /// The path of the main file.
  public let path: String
  /// What all episodes of the store are recorded in.
  public let environment: EnvironmentDescription

  /// Damaged episodes that an earlier recorder had left in the journal and that were set aside.
  public let setAside: [DemonstrationError]

  private let journal: Journal
  /// The bytes of a store without episodes.
  private let template: [UInt8]
  private let lock: OutputLock
  private let state: Mutex<State>

  /// Creates a store, or continues one.
  ///
  /// - Parameters:
  ///   - path: The main file, such as `push.hdf5`; its folder must exist.
  ///   - environment: What will be recorded; a store that exists must have the same.
  ///   - plan: What is recorded in the end; a store that exists must have the same settings.
  /// - Throws: ``DemonstrationError`` that says what differs, who else is recording, or why the
  ///   file cannot be read or written.
  public init(
    path: String, environment: EnvironmentDescription, plan: RecordingPlan? = nil
  ) throws {
    self.path = path
    self.environment = environment
    let resolved = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
    var journal = Journal(of: resolved)
    journal.plan = plan
    self.journal = journal
    do {
      lock = try Self.lock(journal, shownAs: path)
    } catch let failure as SystemFailure {
      throw DemonstrationError.unwritable(path: path, reason: failure.reason)
    }
    do {
      setAside = try journal.setDamagedAside()
      journal.sweep()
      let (template, state) = try Self.resume(journal, shownAs: path, environment: environment)
      self.template = template
      self.state = Mutex(state)
    } catch {
      journal.sweep()
      lock.release()
      journal.removeIfEmpty()
      throw error
    }
  }

  /// The number of episodes in the store.
  public var count: Int { state.withLock { $0.count } }

  /// Adds an episode; it is durable when this returns.
  ///
  /// - Throws: ``DemonstrationError`` for an episode that does not fit the environment or holds a
  ///   NaN, and for a disk that is full; the store is then as it was.
  public func append(_ episode: Episode) throws {
    try state.withLock { state in
      guard !state.isClosed else { throw DemonstrationError.closed(path: path) }
      let place = DemonstrationPlace(file: path, demo: Layout.demo(state.next))
      try state.check.admit(episode, at: place)
      do {
        state.written[state.next] = try journal.add(
          episode, index: state.next, template: template)
      } catch let failure as SystemFailure {
        throw DemonstrationError.unwritable(path: path, reason: failure.reason)
      } catch let failure as HDF5Failure {
        throw DemonstrationError.unwritable(path: path, reason: failure.reason)
      }
      state.added.append(state.next)
      state.next += 1
      state.count += 1
    }
  }

  /// The number of episodes that ``removeLast()`` can take back.
  public var removableCount: Int { state.withLock { $0.isClosed ? 0 : $0.added.count } }

  /// Takes back the last episode that this recorder added; it is gone for good when this returns.
  ///
  /// Episodes from before this recorder are never touched.
  ///
  /// - Returns: The name that the episode had, such as `demo_3`.
  /// - Throws: ``DemonstrationError`` where this recorder has none left to take back, or the disk
  ///   refuses; the store is then as it was.
  @discardableResult
  public func removeLast() throws -> String {
    try state.withLock { state in
      guard !state.isClosed else { throw DemonstrationError.closed(path: path) }
      guard let index = state.added.last else {
        throw DemonstrationError.nothingToRemove(path: path)
      }
      do {
        try journal.remove(index: index)
      } catch let failure as SystemFailure {
        throw DemonstrationError.unwritable(path: path, reason: failure.reason)
      }
      state.added.removeLast()
      state.written[index] = nil
      state.next = index
      state.count -= 1
      return Layout.demo(index)
    }
  }

  /// Merges the journal into the main file and gives the store free; later calls do nothing.
  ///
  /// - Throws: ``DemonstrationError`` where the merged file cannot be written; the episodes are
  ///   then still in the journal, which readers see and the next recorder merges.
  public func close() throws {
    try state.withLock { state in
      guard !state.isClosed else { return }
      state.isClosed = true
      defer {
        journal.sweep()
        lock.release()
        journal.removeIfEmpty()
      }
      try journal.merge(own: state.written)
    }
  }

  /// Takes a store's lock, for which its journal's folder is made.
  ///
  /// - Throws: ``DemonstrationError``, or ``SystemFailure``.
  static func lock(_ journal: Journal, shownAs path: String) throws -> OutputLock {
    let parent = (journal.store as NSString).deletingLastPathComponent
    var status = stat()
    guard stat(parent, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
      throw DemonstrationError.unwritable(path: path, reason: "its folder does not exist")
    }
    while true {
      if mkdir(journal.folder, 0o755) != 0, errno != EEXIST { throw SystemFailure.latest }
      do {
        return try OutputLock(file: "\(journal.folder)/lock")
      } catch let busy as OutputLock.Busy {
        throw DemonstrationError.busy(path: path, processIdentifier: busy.process)
      } catch let failure as SystemFailure where failure.code == ENOENT {
        // The last recorder has just removed the folder.
        continue
      }
    }
  }

  private static func resume(
    _ journal: Journal, shownAs path: String, environment: EnvironmentDescription
  ) throws -> (template: [UInt8], State) {
    var check = EpisodeCheck(environment)
    let exists = FileManager.default.fileExists(atPath: journal.store)
    if exists || !journal.entries().isEmpty {
      // What is recorded by this package leads nowhere else.
      let store = try DemonstrationStore(reading: path, following: .nowhere)
      var differences = store.differences(from: environment)
      if let plan = journal.plan {
        differences += store.plan?.differences(from: plan) ?? ["it was not written by this command"]
      }
      guard differences.isEmpty else {
        throw DemonstrationError.differs(path: path, differences: differences)
      }
      if store.count > 0 { try check.admit(store.episode(0), at: store.place(of: 0)) }
    }
    let template: [UInt8]
    do {
      template = try journal.template(for: environment)
      if !exists { try journal.createStore(from: template) }
    } catch let failure as SystemFailure {
      throw DemonstrationError.unwritable(path: path, reason: failure.reason)
    } catch let failure as HDF5Failure {
      throw DemonstrationError.unwritable(path: path, reason: failure.reason)
    }
    try journal.merge()
    let demos = try DemonstrationFile(journal.store, shownAs: path).demos().names
    let next = (demos.compactMap { Layout.index(ofDemo: $0) }.max() ?? -1) + 1
    return (template, State(next: next, count: demos.count, check: check))
  }
}
