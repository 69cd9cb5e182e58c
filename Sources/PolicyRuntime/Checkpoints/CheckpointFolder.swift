package import DurableFiles
package import Foundation

/// Folders that appear or change as a whole: written beside, synced, then put in place.
package enum CheckpointFolder {
  /// The names of a checkpoint's files; whatever else lies in its folder belongs to the user.
  static let names: Set = [
    "config.json", "metrics.jsonl", "model.safetensors", "normalizer.json",
    "training.safetensors", CheckpointChoice.best.file, CheckpointChecksums.name,
  ]

  /// Replaces the folder at `path` by files; at every instant there is the old one or the new one.
  ///
  /// What else lies in the folder stays in it.
  ///
  /// - Throws: ``ImitationError/cannotWrite(path:reason:)``; the old folder is then untouched.
  package static func replace(_ path: String, with files: [String: Data]) throws {
    let manager = FileManager.default
    do {
      var files = files
      files[CheckpointChecksums.name] = try CheckpointChecksums(of: files).encoded()
      let target = try place(path)
      let new = aside(target)
      try sweep(new, into: target)
      defer { try? sweep(new, into: target) }
      try makeFolder(new.path)
      for (name, data) in files.sorted(by: { $0.key < $1.key }) {
        try DurableFile.write(data, to: new.appendingPathComponent(name).path)
      }
      try DurableFile.synchronise(new.path)
      if manager.fileExists(atPath: target.path) {
        try exchange(new, target)
      } else {
        try manager.moveItem(at: new, to: target)
      }
      try DurableFile.synchronise(target.deletingLastPathComponent().path)
    } catch {
      throw ImitationError.cannotWrite(path: path, reason: reason(error))
    }
  }

  /// Makes this process the only one that writes a folder, until the lock is released.
  ///
  /// The lock lies beside the folder, which is another one after each checkpoint.
  ///
  /// - Throws: ``ImitationError/busy(path:process:)``, or
  ///   ``ImitationError/cannotWrite(path:reason:)``.
  package static func lock(_ path: String) throws -> OutputLock {
    do {
      let target = try place(path)
      let parent = target.deletingLastPathComponent()
      try makeFolder(parent.path)
      return try OutputLock(
        file: parent.appendingPathComponent(".\(target.lastPathComponent).lock").path)
    } catch let busy as OutputLock.Busy {
      throw ImitationError.busy(path: path, process: busy.process)
    } catch {
      throw ImitationError.cannotWrite(path: path, reason: reason(error))
    }
  }

  /// The folder that a path means, which may be replaced as a whole.
  private static func place(_ path: String) throws -> URL {
    if path.isEmpty { throw Refusal(reason: "the path is empty") }
    let target = URL(fileURLWithPath: path).resolvingSymlinksInPath()
    let here = URL(fileURLWithPath: FileManager.default.currentDirectoryPath)
      .resolvingSymlinksInPath()
    guard !here.pathComponents.starts(with: target.pathComponents) else {
      throw Refusal(reason: "the working folder lies in it; name a folder of its own")
    }
    return target
  }

  /// Where the new folder is made, and the old one lies after the exchange.
  private static func aside(_ target: URL) -> URL {
    target.deletingLastPathComponent()
      .appendingPathComponent(".\(target.lastPathComponent).checkpoint")
  }

  /// Why something failed, in the system's words, without the path.
  package static func reason(_ error: any Error) -> String {
    if let error = error as? SystemFailure { return error.reason }
    if let error = error as? Refusal { return error.reason }
    var error = error as NSError
    while let inner = error.userInfo[NSUnderlyingErrorKey] as? NSError { error = inner }
    if error.domain == NSPOSIXErrorDomain {
      return SystemFailure(code: Int32(error.code)).reason
    }
    return error.localizedDescription
  }

  /// A path that no checkpoint may have.
  private struct Refusal: Error {
    var reason: String
  }

  /// Makes a folder and those above it.
  ///
  /// Foundation's own call does not say why it fails.
  private static func makeFolder(_ path: String) throws {
    if mkdir(path, 0o755) == 0 || errno == EEXIST { return }
    guard errno == ENOENT else { throw SystemFailure.latest }
    try makeFolder(URL(fileURLWithPath: path).deletingLastPathComponent().path)
    try SystemFailure.check(mkdir(path, 0o755))
  }

  /// Removes a folder that was replaced or not finished; what is not a checkpoint's file moves on.
  private static func sweep(_ folder: URL, into target: URL) throws {
    let manager = FileManager.default
    guard manager.fileExists(atPath: folder.path) else { return }
    for name in try manager.contentsOfDirectory(atPath: folder.path) {
      let file = folder.appendingPathComponent(name)
      if names.contains(name) {
        try manager.removeItem(at: file)
      } else {
        // Where it cannot move now it stays, and comes along with the next checkpoint.
        try? manager.moveItem(at: file, to: target.appendingPathComponent(name))
      }
    }
    rmdir(folder.path)
  }

  /// Swaps two folders in one step of the file system.
  private static func exchange(_ a: URL, _ b: URL) throws {
    // Linux has this in its C library, but Swift's module does not show it.
    typealias Renameat2 =
      @convention(c) (Int32, UnsafePointer<CChar>, Int32, UnsafePointer<CChar>, UInt32) -> Int32
    let exchangeFlag: UInt32 = 2
    if let symbol = dlsym(dlopen(nil, RTLD_NOW), "renameat2") {
      let call = unsafeBitCast(symbol, to: Renameat2.self)
      if call(AT_FDCWD, a.path, AT_FDCWD, b.path, exchangeFlag) == 0 { return }
      guard errno == EINVAL || errno == ENOSYS else { throw SystemFailure.latest }
    }
    // File systems that cannot: the old folder steps aside, where ``recover(_:)`` finds it.
    let old = retired(b)
    try sweep(old, into: b)
    try SystemFailure.check(rename(b.path, old.path))
    try SystemFailure.check(rename(a.path, b.path))
    try sweep(old, into: b)
  }

  /// Clears what kills left beside the checkpoints in a folder; those that somebody writes now are
  /// left to him.
  package static func clearLeftovers(in folder: String) {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    let left = names.compactMap { name in
      [".lock", ".checkpoint", ".checkpoint.old"].first {
        name.hasPrefix(".") && name.hasSuffix($0)
      }
      .map { String(name.dropFirst().dropLast($0.count)) }
    }
    for name in Set(left) where !name.isEmpty {
      let path = "\(folder)/\(name)"
      guard let lock = try? lock(path), let target = try? place(path) else { continue }
      defer { lock.release() }
      recover(path)
      try? sweep(aside(target), into: target)
      try? sweep(retired(target), into: target)
    }
  }

  /// Puts back a folder that a kill left aside between two renames.
  package static func recover(_ path: String) {
    guard let target = try? place(path) else { return }
    let manager = FileManager.default
    if !manager.fileExists(atPath: target.path), manager.fileExists(atPath: retired(target).path) {
      _ = rename(retired(target).path, target.path)
    }
  }

  /// Where the old folder lies while the new one takes its place, on simple file systems.
  private static func retired(_ target: URL) -> URL {
    URL(fileURLWithPath: "\(aside(target).path).old")
  }
}
