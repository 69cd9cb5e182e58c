import Foundation
import Testing

/// One benchmark by several processes, which see the same folder and nothing else of each other.
@Suite struct SharingTests {
  let folder: Scratch

  init() throws {
    folder = try Scratch()
    let recorded = try run("record --environment push --expert --episodes 6 --output push.hdf5")
    #expect(recorded.status == 0, "\(recorded.errors)")
    let settings = """
      methods: [mse, diffusion]
      seeds: 3
      episodes: 2
      training: {steps: 300, batch: 16, policy: {backbone: {hidden_width: 16, depth: 1}}}
      environments:
        - environment: push
          demonstrations: push.hdf5
          training: {policy: {schedule: {steps: 4}}}
      """
    try Data(settings.utf8).write(to: URL(fileURLWithPath: folder.file("a.yaml")))
  }

  private func run(_ line: String) throws -> Tool.Result {
    try Tool.run(line.split(separator: " ").map(String.init), in: folder)
  }

  private func names(_ path: String) -> [String] {
    (try? FileManager.default.contentsOfDirectory(atPath: folder.file(path)).sorted()) ?? []
  }

  /// The rows of a table without milliseconds.
  private func rows(_ output: String) throws -> NSArray {
    let data = try Data(contentsOf: URL(fileURLWithPath: folder.file("\(output)/results.json")))
    let results = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    let rows = try #require(results["rows"] as? [[String: Any]])
    return try rows.map { row in
      var row = row
      var metrics = try #require(row["metrics"] as? [String: Any])
      #expect(
        metrics.removeValue(forKey: "decision_milliseconds") != nil
          || row["backbone"] as? String == "-")
      row["metrics"] = metrics
      return row
    } as NSArray
  }

  /// Whether processes may have a network and a host's name of their own here.
  static let mayUnshare: Bool = {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["unshare", "--net", "--uts", "true"]
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return false }
    process.waitUntilExit()
    return process.terminationStatus == 0
  }()

  /// Starts the tool as on a machine of its own, of that name.
  private func start(_ line: String, on host: String) throws -> Process {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [
      "unshare", "--net", "--uts", "sh", "-c", "hostname \(host); exec \(Tool.path) \(line)",
    ]
    process.currentDirectoryURL = URL(fileURLWithPath: folder.path)
    let errors = folder.file("\(host).errors")
    #expect(FileManager.default.createFile(atPath: errors, contents: nil))
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle(forWritingAtPath: errors)
    try process.run()
    return process
  }

  private func wait(_ what: String, until isTrue: () -> Bool) {
    let limit = Date(timeIntervalSinceNow: 60)
    while !isTrue(), limit > Date() { Thread.sleep(forTimeInterval: 0.01) }
    #expect(isTrue(), "\(what)")
  }

  @Test(.enabled(if: mayUnshare, "no namespaces may be made here"))
  func `a machine takes over the cells of one that died, to the same table`() throws {
    let alone = try run("benchmark --config a.yaml --output alone --threads 1")
    #expect(alone.status == 0, "\(alone.errors)")
    let line = "benchmark --config a.yaml --output shared --threads 1 --jobs 1 --patience 3"
    let dying = try start("\(line) --part 2/2", on: "second")
    wait("a training has begun") {
      names("shared/claims").contains { $0.hasPrefix("training-") }
    }
    let other = try start("\(line) --part 1/2", on: "first")
    wait("both have begun") { names("shared/claims").count { $0.hasPrefix("cells-") } >= 2 }
    // Not the shell but what it has become.
    kill(dying.processIdentifier, SIGKILL)
    dying.waitUntilExit()
    let left = names("shared/claims").filter { $0.hasPrefix("cells-") }
    #expect(!left.isEmpty)
    other.waitUntilExit()
    let errors = try String(contentsOfFile: folder.file("first.errors"), encoding: .utf8)
    #expect(other.terminationStatus == 0, "\(errors)")
    #expect(errors.contains(": second:"), "who is waited for: \(errors)")
    #expect(try rows("shared") == rows("alone"))
    for name in names("alone/checkpoints") {
      let file = "checkpoints/\(name)/model.safetensors"
      let both = try ["alone", "shared"].map {
        try Data(contentsOf: URL(fileURLWithPath: folder.file("\($0)/\(file)")))
      }
      #expect(both[0] == both[1], "\(name)")
    }
    // Alone again: what the dead left is no hindrance.
    let again = try run("benchmark --config a.yaml --output shared --threads 1 --json")
    #expect(again.status == 0, "\(again.errors)")
    #expect(!names("shared").contains("claims"))
  }

  @Test func `each line of the list computes a cell, and the last one makes the table`() throws {
    let list = try run(
      "benchmark --config a.yaml --output lines --seeds 1 --steps 5 --threads 1 --list")
    #expect(list.status == 0, "\(list.errors)")
    let lines = list.output.split(separator: "\n").map(String.init)
    #expect(lines.count == 3 && names("lines").isEmpty)
    for (index, line) in lines.enumerated() {
      #expect(
        line.hasSuffix(
          "--cell " + ["push-mse-mlp-0", "push-diffusion-mlp-0", "push-demonstrations-0"][index]))
      let shell = Process()
      shell.executableURL = URL(fileURLWithPath: "/bin/sh")
      shell.arguments = ["-c", "\(line) 2> \(index).errors > \(index).output"]
      shell.currentDirectoryURL = URL(fileURLWithPath: folder.path)
      try shell.run()
      shell.waitUntilExit()
      #expect(shell.terminationStatus == 0)
      #expect(names("lines").contains("results.md") == (index == 2))
    }
    let none = try run(
      "benchmark --config a.yaml --output lines --seeds 1 --steps 5 --threads 1 --list")
    #expect(none.output == "\n")
  }

  @Test func `parts that cannot be are refused`() throws {
    let line = "benchmark --config a.yaml --output none"
    for (flags, expected) in [
      ("--part 3", "--part is '3', but must be like 1/4"),
      ("--part 5/4", "setting 'part' is 5/4, expected I/N"),
      ("--part 1/2 --cell a", "give one of them"),
      ("--cell push-mse-mpl-0", "did you mean 'push-mse-mlp-0'?"),
      ("--part 1/2 --patience 0", "--patience"),
    ] {
      let result = try run("\(line) \(flags)")
      #expect(result.status == 64, "\(flags): \(result.errors)")
      #expect(result.errors.contains(expected), "\(flags): \(result.errors)")
      #expect(!names("").contains("none"))
    }
  }
}
