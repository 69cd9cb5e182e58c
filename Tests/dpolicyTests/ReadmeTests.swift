import Foundation
import Testing

/// README.md's command lines, run one after another as a newcomer does, with smaller numbers.
@Suite(.timeLimit(.minutes(3))) struct ReadmeTests {
  private let readme: String
  private let folder: Scratch

  init() throws {
    let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../README.md").standardized
    readme = try String(contentsOf: path, encoding: .utf8)
    folder = try Scratch()
  }

  /// The texts of all blocks of a language.
  private func blocks(_ language: String) -> [String] {
    readme.components(separatedBy: "```\(language)\n").dropFirst()
      .compactMap { $0.components(separatedBy: "\n```").first }
  }

  /// The lines that begin with `dpolicy`, without it.
  private var commands: [String] {
    blocks("sh").joined(separator: "\n").replacingOccurrences(of: "\\\n", with: " ")
      .split(separator: "\n").filter { $0.hasPrefix("dpolicy ") }.map { String($0.dropFirst(8)) }
  }

  /// A command's words with counts made small, and what stands after `<`.
  private func arguments(_ command: String) -> (words: [String], input: String?) {
    let parts = command.split(separator: "<").map { $0.split(separator: " ").map(String.init) }
    var words = parts[0]
    let small = ["--episodes": "2", "--steps": "3", "--seeds": "1"]
    for index in words.indices.dropFirst() {
      if let number = small[words[index - 1]] { words[index] = number }
    }
    return (words, parts.count > 1 ? parts[1][0] : nil)
  }

  /// Runs the commands of README that `isWanted` chooses, in its order.
  private func runCommands(_ isWanted: (String) -> Bool) throws -> Int {
    let state = "[0,0,0,0,1,0,0,0,1,0,0,0,0,0]"
    let window = #"{"id": "a", "observations": {"state": [\#(state)]}, "seed": 7}"# + "\n"
    let wanted = commands.filter(isWanted)
    for command in wanted {
      let (words, input) = arguments(command)
      let result = try Tool.run(words, in: folder, input: input == nil ? "" : window)
      #expect(result.status == 0, "dpolicy \(command): \(result.errors)")
      if input != nil { #expect(result.output.contains("\"actions\"")) }
    }
    return wanted.count
  }

  @Test func `README's commands run in its order`() throws {
    #expect(try runCommands { !$0.contains("mine") } == 9)
  }

  @Test(.enabled(if: python != nil, "needs Python with h5py"))
  func `README's Python writes a file that README's commands train on`() throws {
    let script = try #require(blocks("python").first)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: try #require(python))
    process.arguments = ["-c", script]
    process.currentDirectoryURL = URL(fileURLWithPath: folder.path)
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    #expect(try runCommands { $0.contains("mine") } == 2)
  }
}

/// A Python that has h5py, or nil.
private let python: String? = {
  let process = Process()
  process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
  process.arguments = ["-c", "import h5py"]
  process.standardError = FileHandle.nullDevice
  guard (try? process.run()) != nil else { return nil }
  process.waitUntilExit()
  return process.terminationStatus == 0 ? "/usr/bin/python3" : nil
}()
