import Foundation
import TestSupport
import Testing

/// What README.md and the tutorials show is what happens.
@Suite struct ReadmeTests {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../..").standardized

  private static func text(_ path: String) throws -> String {
    try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
  }

  @Test(arguments: [
    ("README.md", 20), ("Sources/Imitation/Imitation.docc/YourOwnDemonstrations.md", 4),
    ("Sources/Imitation/Imitation.docc/FromStudioToRobot.md", 4),
    ("Sources/Imitation/Imitation.docc/DDPMFromScratch.md", 1),
  ])
  func `a page's commands and Python run in its order`(page: String, least: Int) throws {
    let session = try PageSession(page)
    let state = "[0,0,0,0,1,0,0,0,1,0,0,0,0,0]"
    try Data(#"{"id": "a", "observations": {"state": [\#(state)]}, "seed": 7}"#.utf8 + [10])
      .write(to: URL(fileURLWithPath: session.folder.file("windows.jsonl")))
    let commands = session.blocks.filter { $0.language == "sh" }
      .flatMap { PageSession.commands(of: $0.code) }
    #expect(commands.count >= least)
    try session.run(hasPython: Python.path != nil)
  }

  @Test func `README shows each subcommand, and no flag that is not there`() throws {
    let readme = try Self.text("README.md")
    let folder = try Scratch()
    let overview = try Tool.run(["--help"], in: folder).output
    let names = (overview.components(separatedBy: "SUBCOMMANDS:\n").last ?? "")
      .matches(of: #/(?m)^  ([a-z]+) /#).map { String($0.output.1) }
    #expect(names.count > 10)
    var help = ""
    for name in names {
      help += try Tool.run([name, "--help"], in: folder).output
      #expect(readme.contains("dpolicy \(name)"), "\(name)")
    }
    let others: Set<Substring> = ["--product", "--logdir"]
    for match in readme.matches(of: #/--[a-z][a-z-]*/#) where !others.contains(match.output) {
      #expect(help.contains("\(match.output) ") || help.contains("\(match.output)\n"), "\(match.0)")
    }
  }

  @Test func `README's figures stand in RESULTS.md, and it is short`() throws {
    let readme = try Self.text("README.md")
    #expect(readme.split(separator: "\n", omittingEmptySubsequences: false).count <= 180)
    let rows = readme.components(separatedBy: "\n## ")[0].split(separator: "\n")
      .filter { $0.hasPrefix("|") }
    #expect(rows.count > 6)
    func numbers(_ text: some StringProtocol) -> Set<Substring> {
      Set(String(text).matches(of: #/\d+(\.\d+)?/#).map { Substring(String($0.0)) })
    }
    let known = numbers(try Self.text("Demos/RESULTS.md"))
    for row in rows {
      // What is measured stands behind the row's name.
      let figures = numbers(row.split(separator: "|").dropFirst().joined(separator: " "))
      #expect(figures.isSubset(of: known), "\(figures.subtracting(known)) of \(row)")
    }
  }
}
