import Foundation
import Synchronization
import Testing

/// The built `dpolicy`, run as people run it.
struct Tool {
  /// What a run left.
  struct Result {
    let status: Int32
    let output: String
    let errors: String
  }

  /// A run that does not end by itself.
  struct Hang: Error, CustomStringConvertible {
    let arguments: [String]
    var description: String { "'\(arguments.joined(separator: " "))' did not end; it was killed" }
  }

  /// How long a run may take, far more than any needs on a slow and busy machine. (A time limit of
  /// a test also counts how long it waits for its turn among the others.)
  private static let patience = 900.0

  /// Lies beside the test bundle.
  static let path: String = {
    let products = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
    return products.appendingPathComponent("dpolicy").path
  }()

  /// Runs to the end.
  ///
  /// - Parameters:
  ///   - arguments: The arguments.
  ///   - folder: The working folder.
  ///   - input: What it reads from standard input.
  ///   - output: Where standard output goes instead of being returned.
  ///   - whileRunning: Called once it has started.
  /// - Returns: What it left.
  /// - Throws: When it cannot be started, ``Hang`` if it does not end, or what `whileRunning`
  ///   throws.
  static func run(
    _ arguments: [String], in folder: Scratch, input: String = "", output: String? = nil,
    whileRunning: (Process) throws -> Void = { _ in }
  ) throws -> Result {
    let files = ["input", "output", "errors"].map { folder.file(".\($0)-\(UUID().uuidString)") }
    for (path, text) in zip(files, [input, "", ""]) {
      try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: folder.path)
    process.standardInput = try FileHandle(forReadingFrom: URL(fileURLWithPath: files[0]))
    process.standardOutput = try FileHandle(
      forWritingTo: URL(fileURLWithPath: output ?? files[1]))
    process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: files[2]))
    try process.run()
    let hung = Mutex(false)
    let watch = DispatchWorkItem {
      hung.withLock { $0 = true }
      kill(process.processIdentifier, SIGKILL)
    }
    DispatchQueue.global().asyncAfter(deadline: .now() + patience, execute: watch)
    defer { watch.cancel() }
    try whileRunning(process)
    process.waitUntilExit()
    if hung.withLock({ $0 }) { throw Hang(arguments: arguments) }
    return Result(
      status: process.terminationStatus,
      output: try String(contentsOfFile: files[1], encoding: .utf8),
      errors: try String(contentsOfFile: files[2], encoding: .utf8))
  }
}

/// A folder that is removed at the end of a test.
final class Scratch {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "dpolicy-tests-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  func file(_ name: String) -> String { "\(path)/\(name)" }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}
