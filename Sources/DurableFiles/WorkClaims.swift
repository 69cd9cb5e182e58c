import Foundation
import Synchronization

/// Who does which piece of work, where processes on one machine or on many share a folder.
///
/// A claim is a file that one process alone can have made, and whose time its owner renews while he
/// lives. Whoever has watched a file that nobody renewed, for long enough by his own clock, makes
/// the file of the next generation, which again one alone can. No lock of an operating system is in
/// this: file systems that machines share may lack them. And nobody is asked by a process's number,
/// which says nothing on another machine.
package final class WorkClaims: Sendable {
  /// A claim as somebody who watches saw it last.
  private struct Sight {
    let renewed: timespec
    /// Since when it has not been renewed, and when it was looked at last.
    var since, last: SuspendingClock.Instant
  }

  private struct State {
    var sights: [String: Sight] = [:]
    /// The claims of this process by their files, and whether others have taken them over.
    var own: [String: (mark: String, isLost: Bool)] = [:]
    var made = 0
    var isOver = false
  }

  /// The folder of the claims.
  package let folder: String
  /// After which time without a sign of life a claim passes to another.
  package let patience: Duration
  private let state = Mutex(State())
  private let pulse = NSCondition()
  private let clock = SuspendingClock()

  /// Begins to renew claims in a folder, which is made if need be.
  ///
  /// - Parameters:
  ///   - folder: The folder.
  ///   - patience: After which time without a sign of life a claim passes to another; the same for
  ///     all who share the folder.
  /// - Throws: ``SystemFailure``.
  package init(folder: String, patience: Duration) throws(SystemFailure) {
    self.folder = folder
    self.patience = patience
    if mkdir(folder, 0o755) != 0, errno != EEXIST { throw .latest }
    let interval = (patience / 10) / .seconds(1)
    Thread.detachNewThread { [weak self] in
      while let claims = self, claims.rest(interval) { claims.renew() }
    }
  }

  deinit { end() }

  /// Gives back every claim of this process, and removes the folder if nobody else has one.
  package func end() {
    let left = state.withLock { state in
      state.isOver = true
      return Array(state.own.keys)
    }
    for file in left { release(file) }
    rmdir(folder)
    pulse.lock()
    pulse.broadcast()
    pulse.unlock()
  }

  /// Claims a piece of work.
  ///
  /// - Parameter name: Its name, which a file may have.
  /// - Returns: The claim; nil where another has it, who lives or has not been watched long enough.
  /// - Throws: ``SystemFailure`` where the folder cannot be written.
  package func claim(_ name: String) throws(SystemFailure) -> WorkClaim? {
    let before = generations(of: name)
    if let latest = before.max() {
      guard isAbandoned(file(name, latest)) else { return nil }
    }
    let path = file(name, before.max().map { $0 + 1 } ?? 0)
    let mark = state.withLock { state in
      state.made += 1
      return "\(Self.process) \(state.made) \(Date.now.timeIntervalSince1970)"
    }
    var descriptor = create(path)
    if descriptor < 0, errno == ENOENT {
      // Whoever thought to be the last has removed the folder.
      mkdir(folder, 0o755)
      descriptor = create(path)
    }
    if descriptor < 0 {
      if errno == EEXIST { return nil }
      throw .latest
    }
    let bytes = Array(mark.utf8)
    let written = write(descriptor, bytes, bytes.count)
    close(descriptor)
    guard written == bytes.count else {
      unlink(path)
      throw SystemFailure("a claim cannot be written")
    }
    state.withLock { $0.own[path] = (mark, false) }
    for generation in before { unlink(file(name, generation)) }
    return WorkClaim(file: path, of: self)
  }

  /// The names of the pieces that are claimed, also by who no longer lives.
  package var names: [String] {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return Set(files.compactMap { Self.parts(of: $0)?.name }).sorted()
  }

  /// Who has a piece: machine and process, as `machine:process`; nil where nobody has.
  package func owner(of name: String) -> String? {
    guard let latest = generations(of: name).max() else { return nil }
    let mark = (try? String(contentsOfFile: file(name, latest), encoding: .utf8)) ?? ""
    return mark.split(separator: " ").first.map(String.init) ?? "unknown"
  }

  /// Looks at a claim, and removes it where it has been looked at for long enough without being
  /// renewed.
  package func clearIfAbandoned(_ name: String) {
    for generation in generations(of: name) where isAbandoned(file(name, generation)) {
      unlink(file(name, generation))
    }
  }

  /// Watches a claim until it is renewed or given back, or the time is over.
  ///
  /// - Returns: Whether somebody lives who has it.
  package func isAlive(_ name: String) -> Bool {
    while let latest = generations(of: name).max() {
      let path = file(name, latest)
      let first = state.withLock { $0.sights[path]?.renewed }
      if isAbandoned(path) { return false }
      let now = state.withLock { $0.sights[path]?.renewed }
      if let first, let now, !first.isSame(as: now) { return true }
      Thread.sleep(forTimeInterval: (patience / 20) / .seconds(1))
    }
    return false
  }

  private func create(_ path: String) -> Int32 {
    open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
  }

  /// Whether a claim of this process has passed to another, while this one stood still.
  func isLost(_ file: String) -> Bool { state.withLock { $0.own[file]?.isLost ?? true } }

  /// Gives a claim back.
  func release(_ file: String) {
    let mark = state.withLock { $0.own.removeValue(forKey: file)?.mark }
    if let mark, Self.contents(of: file) == mark { unlink(file) }
  }

  /// This machine and process.
  package static let process: String = {
    var name = [CChar](repeating: 0, count: 256)
    gethostname(&name, name.count - 1)
    let host = String(decoding: name.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self)
    return "\(host):\(getpid())"
  }()

  /// Waits for the next sign of life; false at the end.
  private func rest(_ seconds: Double) -> Bool {
    pulse.lock()
    defer { pulse.unlock() }
    if !state.withLock({ $0.isOver }) {
      _ = pulse.wait(until: Date(timeIntervalSinceNow: seconds))
    }
    return !state.withLock { $0.isOver }
  }

  private func renew() {
    for (file, claim) in state.withLock({ $0.own }) where !claim.isLost {
      if Self.contents(of: file) == claim.mark, utimensat(AT_FDCWD, file, nil, 0) == 0 { continue }
      state.withLock { $0.own[file]?.isLost = true }
    }
  }

  /// Whether a claim has been watched for long enough without being renewed.
  ///
  /// Who was asleep himself, or has not looked for long, begins to watch anew.
  private func isAbandoned(_ file: String) -> Bool {
    guard let renewed = Self.renewed(file) else { return false }
    let now = clock.now
    return state.withLock { state in
      if var sight = state.sights[file], sight.renewed.isSame(as: renewed),
        now - sight.last < patience / 2
      {
        sight.last = now
        state.sights[file] = sight
        return now - sight.since >= patience
      }
      state.sights[file] = Sight(renewed: renewed, since: now, last: now)
      return false
    }
  }

  private func file(_ name: String, _ generation: Int) -> String {
    "\(folder)/\(name).claim-\(generation)"
  }

  private func generations(of name: String) -> [Int] {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return files.compactMap(Self.parts(of:)).filter { $0.name == name }.map(\.generation)
  }

  private static func parts(of file: String) -> (name: String, generation: Int)? {
    guard let mark = file.range(of: ".claim-", options: .backwards),
      let generation = Int(file[mark.upperBound...])
    else { return nil }
    return (String(file[..<mark.lowerBound]), generation)
  }

  private static func contents(of file: String) -> String? {
    FileManager.default.contents(atPath: file).map { String(decoding: $0, as: UTF8.self) }
  }

  /// When a file was renewed last.
  ///
  /// It is opened, which makes network file systems look.
  private static func renewed(_ file: String) -> timespec? {
    let descriptor = open(file, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { return nil }
    #if canImport(Darwin)
      return status.st_mtimespec
    #else
      return status.st_mtim
    #endif
  }
}

/// A piece of work that this process has claimed, until it is released.
package final class WorkClaim: Sendable {
  private let file: String
  private let claims: WorkClaims

  init(file: String, of claims: WorkClaims) {
    self.file = file
    self.claims = claims
  }

  deinit { release() }

  /// Whether another has taken the piece over, while this process stood still.
  package var isLost: Bool { claims.isLost(file) }

  /// Gives the piece back.
  package func release() { claims.release(file) }
}

extension timespec {
  fileprivate func isSame(as other: timespec) -> Bool {
    tv_sec == other.tv_sec && tv_nsec == other.tv_nsec
  }
}
