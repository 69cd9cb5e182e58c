import Foundation

/// Folders that appear or change as a whole: written beside, synced, then put in place.
enum CheckpointFolder {
  /// The names of a checkpoint's files; whatever else lies in its folder belongs to the user.
  private static let names: Set = [
    "config.json", "metrics.jsonl", "model.safetensors", "normalizer.json",
    "training.safetensors",
  ]

  /// Replaces the folder at `path` by files; at every instant there is the old one or the new one.
  ///
  /// What else lies in the folder stays in it.
  ///
  /// - Throws: ``ImitationError/cannotWrite(path:reason:)``; the old folder is then untouched.
  static func replace(_ path: String, with files: [String: Data]) throws {
    let manager = FileManager.default
    do {
      let target = try place(path)
      let new = aside(target)
      try sweep(new, into: target)
      defer { try? sweep(new, into: target) }
      try makeFolder(new.path)
      for (name, data) in files.sorted(by: { $0.key < $1.key }) {
        try write(data, to: new.appendingPathComponent(name))
      }
      try synchroniseFolder(new)
      if manager.fileExists(atPath: target.path) {
        try exchange(new, target)
      } else {
        try manager.moveItem(at: new, to: target)
      }
      try synchroniseFolder(target.deletingLastPathComponent())
    } catch {
      throw ImitationError.cannotWrite(path: path, reason: reason(error))
    }
  }

  /// Fails early where ``replace(_:with:)`` would fail for lack of permission.
  static func checkWritable(_ path: String) throws {
    do {
      let target = try place(path)
      let probe = aside(target)
      try makeFolder(probe.path)
      try sweep(probe, into: target)
    } catch {
      throw ImitationError.cannotWrite(path: path, reason: reason(error))
    }
  }

  /// The folder that a path means, which may be replaced as a whole.
  private static func place(_ path: String) throws -> URL {
    if path.isEmpty { throw Failure(description: "the path is empty") }
    let target = URL(fileURLWithPath: path).resolvingSymlinksInPath()
    let here = URL(fileURLWithPath: FileManager.default.currentDirectoryPath)
      .resolvingSymlinksInPath()
    guard !here.pathComponents.starts(with: target.pathComponents) else {
      throw Failure(description: "the working folder lies in it; name a folder of its own")
    }
    return target
  }

  /// Where the new folder is made, and the old one lies after the exchange.
  private static func aside(_ target: URL) -> URL {
    target.deletingLastPathComponent()
      .appendingPathComponent(".\(target.lastPathComponent).checkpoint")
  }

  /// Why something failed, in the system's words, without the path.
  static func reason(_ error: any Error) -> String {
    if let error = error as? Failure { return error.description }
    var error = error as NSError
    while let inner = error.userInfo[NSUnderlyingErrorKey] as? NSError { error = inner }
    if error.domain == NSPOSIXErrorDomain {
      return String(cString: strerror(Int32(error.code))).lowercased()
    }
    return error.localizedDescription
  }

  private struct Failure: Error, CustomStringConvertible {
    var description: String

    /// The last system call's failure.
    static var last: Failure { Failure(description: String(cString: strerror(errno)).lowercased()) }
  }

  /// Makes a folder and those above it.
  ///
  /// Foundation's own call does not say why it fails.
  private static func makeFolder(_ path: String) throws {
    if mkdir(path, 0o755) == 0 || errno == EEXIST { return }
    guard errno == ENOENT else { throw Failure.last }
    try makeFolder(URL(fileURLWithPath: path).deletingLastPathComponent().path)
    guard mkdir(path, 0o755) == 0 else { throw Failure.last }
  }

  /// Removes a folder that was replaced or not finished; what is no checkpoint's file moves on.
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

  /// Writes a file and waits until the disk has it.
  private static func write(_ data: Data, to file: URL) throws {
    let descriptor = open(file.path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    guard descriptor >= 0 else { throw Failure.last }
    defer { close(descriptor) }
    let handle = FileHandle(fileDescriptor: descriptor)
    try handle.write(contentsOf: data)
    guard fsync(descriptor) == 0 else { throw Failure.last }
  }

  private static func synchroniseFolder(_ folder: URL) throws {
    let descriptor = open(folder.path, O_RDONLY)
    guard descriptor >= 0 else { throw Failure.last }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw Failure.last }
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
      guard errno == EINVAL || errno == ENOSYS else { throw Failure.last }
    }
    // File systems that cannot: the old folder steps aside, where ``recover(_:)`` finds it.
    let old = retired(b)
    try sweep(old, into: b)
    guard rename(b.path, old.path) == 0, rename(a.path, b.path) == 0 else { throw Failure.last }
    try sweep(old, into: b)
  }

  /// Puts back a folder that a kill left aside between two renames.
  static func recover(_ path: String) {
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
