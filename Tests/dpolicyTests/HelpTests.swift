import Foundation
import Testing

/// What the shell and the manual are told: all of it from the help itself.
@Suite struct HelpTests {
  private let folder: Scratch

  init() throws { folder = try Scratch() }

  private func run(_ line: String) throws -> String {
    let result = try Tool.run(line.split(separator: " ").map(String.init), in: folder)
    #expect(result.status == 0, "\(line): \(result.errors)")
    return result.output
  }

  @Test func `train's help has groups, and those for experts behind --help-hidden`() throws {
    let help = try run("train --help")
    let titles = [
      "INPUT AND OUTPUT:", "DATA:", "METHOD:", "NETWORK:", "TRAINING:", "SAMPLING:", "OPTIONS:",
    ]
    let places = titles.map { help.range(of: $0)?.lowerBound }
    #expect(places.allSatisfy { $0 != nil }, "\(help)")
    #expect(places.compactMap(\.self) == places.compactMap(\.self).sorted())
    for name in ["--quaternion", "--learn-variance", "--bins", "--view"] {
      #expect(!help.contains(name), "\(name)")
      #expect(try run("train --help-hidden").contains(name), "\(name)")
    }
    let data = try #require(help.range(of: "DATA:"))
    let method = try #require(help.range(of: "METHOD:"))
    #expect(help[data.upperBound..<method.lowerBound].contains("--angle"))
  }

  @Test(arguments: ["bash", "zsh", "fish"])
  func `a shell completes methods, networks, environments and files`(shell: String) throws {
    let script = try run("--generate-completion-script \(shell)")
    for word in ["diffusion-kde", "kmeans-residual", "sieve", "push-t", "dpm++", "hdf5", "yaml"] {
      #expect(script.contains(word), "\(word)")
    }
    let path = folder.file("script")
    try Data(script.utf8).write(to: URL(fileURLWithPath: path))
    guard shell == "bash" else { return }
    // What bash itself would offer behind 'dpolicy train --backbone s'.
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/bash")
    process.arguments = [
      "-c",
      """
      source \(path); COMP_WORDS=(dpolicy train --backbone s); COMP_CWORD=3
      COMP_LINE="dpolicy train --backbone s"; COMP_POINT=${#COMP_LINE}; COMP_TYPE=9
      _dpolicy dpolicy s --backbone 2>/dev/null; printf '%s\\n' "${COMPREPLY[@]}"
      """,
    ]
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let offered = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(offered.split(separator: "\n").contains("sieve"), "\(offered)")
  }

  @Test func `the observations of the named file are completed`() throws {
    let file = folder.file("a.hdf5")
    _ = try run("record --environment push --expert --episodes 1 --output \(file)")
    func offered(_ prefix: String) throws -> [String] {
      let words = "dpolicy train --demos \(file) --observations \(prefix)"
      return try run(
        "---completion train -- --observations 5 \(prefix.utf8.count) \(words)"
      ).split(separator: "\n").map(String.init)
    }
    #expect(try offered("s").contains("state"))
    #expect(try offered("state,") == [])
  }

  @Test func `the manual names every command and every option, also those for experts`() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
    process.arguments = [root.appendingPathComponent("Scripts/manual").path, Tool.path]
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let page = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    #expect(page.hasPrefix(".TH DPOLICY 1"))
    let text = page.replacingOccurrences(of: "\\-", with: "-")
    let commands = try run("--help").matches(of: /\n  ([a-z]+) +\S/).map { String($0.1) }
    #expect(commands.count > 12)
    for command in commands {
      #expect(text.contains(".SH DPOLICY \(command.uppercased())"), "\(command)")
      let options = try run("\(command) --help-hidden").matches(of: /\n  (--[a-z-]+)/)
      for option in options where option.1 != "--version" {
        #expect(text.contains("\(option.1)\\fR"), "\(command) \(option.1)")
      }
    }
  }
}
