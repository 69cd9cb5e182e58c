import Foundation
import Testing

/// A page's commands and scripts, run one after another as a newcomer does, with smaller numbers.
///
/// Every line of its shell blocks is run, or is an error: nothing on a page is left to trust.
final class PageSession {
  let folder: Scratch
  private let text: String
  private let root: URL
  private var servers: [Process] = []
  /// Where the latest `serve` of the page listens.
  private var address: String?

  /// Opens a page by its path in the package.
  init(_ path: String) throws {
    root =
      URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../..").standardized
    text = try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
    folder = try Scratch()
  }

  deinit { for server in servers { server.terminate() } }

  /// The blocks of code in their order.
  var blocks: [(language: String, code: String)] {
    text.components(separatedBy: "\n```").enumerated()
      .filter { $0.offset % 2 == 1 }
      .map { _, block in
        let parts = block.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
        return (String(parts[0]), parts.count > 1 ? String(parts[1]) : "")
      }
  }

  /// The lines of a shell block that are commands.
  static func commands(of block: String) -> [String] {
    block.replacingOccurrences(of: "\\\n", with: " ").split(separator: "\n")
      .map { String($0.replacing(#/(^|\ +)\#.*/#, with: "")) }.filter { !$0.isEmpty }
  }

  /// Runs all of the page; without Python's h5py, all but its Python.
  func run(hasPython: Bool) throws {
    for (language, code) in blocks {
      switch language {
      case "sh":
        for command in Self.commands(of: code) { try run(command) }
      case "python":
        if hasPython { try runPython(code) }
      case "swift", "json": break
      default: Issue.record("'\(language)' is no language whose blocks are checked")
      }
    }
  }

  private func run(_ command: String) throws {
    let words = command.split(separator: " ").map(String.init)
    switch words[0] {
    case _ where words[0].hasPrefix("Scripts/"):
      let script = root.appendingPathComponent(words[0]).path
      #expect(FileManager.default.isExecutableFile(atPath: script), "\(command)")
    case "swift":
      try checkBuild(words, command)
    case "dpolicy" where words.contains("--human") || ["serve", "studio"].contains(words[1]):
      try serve(words)
    case "dpolicy", "echo":
      let status = try shell(Self.smaller(words).joined(separator: " "))
      #expect(status == 0, "\(command)")
    default: Issue.record("nobody runs '\(command)'")
    }
  }

  /// What is built by 'swift' is there: a product, or a program of the consumers'.
  private func checkBuild(_ words: [String], _ command: String) throws {
    if let index = words.firstIndex(of: "--package-path") {
      let sources = root.appendingPathComponent("\(words[index + 1])/Sources/\(words[index + 2])")
      #expect(FileManager.default.fileExists(atPath: sources.path), "\(command)")
    } else {
      let manifest = root.appendingPathComponent("Package.swift")
      let product = "name: \"\(words[words.count - 1])\""
      #expect(try String(contentsOf: manifest, encoding: .utf8).contains(product), "\(command)")
    }
  }

  /// A command's words with counts made small, which takes its time and not its meaning.
  private static func smaller(_ words: [String]) -> [String] {
    var words = words
    let isDistilling = words.contains("distill")
    for index in words.indices.dropFirst() {
      switch words[index - 1] {
      case "--episodes": words[index] = words.contains("record") ? "12" : "4"
      case "--seeds": words[index] = "1"
      case "--steps" where !isDistilling: words[index] = "3"
      default: break
      }
    }
    if isDistilling { words += ["--training-steps", "3"] }
    let trains = words.starts(with: ["dpolicy", "train"]) && !words.contains("--resume")
    if trains && !words.contains("--steps") { words += ["--steps", "3"] }
    return words
  }

  private func process(_ program: String, _ arguments: [String]) -> Process {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: folder.path)
    var environment = ProcessInfo.processInfo.environment
    let tools = URL(fileURLWithPath: Tool.path).deletingLastPathComponent().path
    environment["PATH"] = "\(tools):\(environment["PATH"] ?? "/usr/bin:/bin")"
    environment["PYTHONPATH"] = root.appendingPathComponent("Scripts").path
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    process.environment = environment
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    return process
  }

  private func shell(_ line: String) throws -> Int32 {
    let process = process("/bin/sh", ["-c", line])
    try process.run()
    process.waitUntilExit()
    return process.terminationStatus
  }

  private func runPython(_ code: String) throws {
    var code = code
    if let address { code = code.replacing("http://127.0.0.1:8700", with: address) }
    let process = process("/usr/bin/python3", ["-c", code])
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0, "\(code)")
  }

  /// Starts a server and looks at its page; `serve` goes on, for what the page does next.
  private func serve(_ words: [String]) throws {
    var words = words
    if let port = words.firstIndex(of: "--port") { words.removeSubrange(port...port + 1) }
    let log = folder.file("server-\(servers.count)")
    _ = FileManager.default.createFile(atPath: log, contents: nil)
    let server = process(Tool.path, words.dropFirst() + ["--port", "0"])
    server.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: log))
    try server.run()
    servers.append(server)
    var output = ""
    for _ in 0..<300 where !output.hasSuffix("\n") && server.isRunning {
      Thread.sleep(forTimeInterval: 0.05)
      output = try String(contentsOfFile: log, encoding: .utf8)
    }
    let found = output.split(whereSeparator: \.isWhitespace).first { $0.hasPrefix("http://127") }
    let address = try #require(found.map(String.init), "\(words.joined(separator: " "))")
    if words[1] == "serve" {
      self.address = address.hasSuffix("/") ? String(address.dropLast()) : address
      return
    }
    server.interrupt()
    server.waitUntilExit()
    #expect(server.terminationStatus == 130, "\(words.joined(separator: " "))")
    // A person's episodes, which the next commands need, are the demonstrator's here.
    if let human = words.firstIndex(of: "--human") {
      words[human] = "--expert --episodes 12"
      #expect(try shell(words.joined(separator: " ")) == 0)
    }
  }
}
