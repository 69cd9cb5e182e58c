import EnvironmentInterface
import Foundation
import Testing

/// What README.md shows is what is compiled here.
@Suite struct ReadmeTests {
  private static let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent()

  @Test func `README shows the example that is compiled here, word for word`() throws {
    let readme = Self.tests.appendingPathComponent("../../README.md").standardized
    let example = Self.tests.appendingPathComponent("ReadmeExample.swift")
    let code = try String(contentsOf: example, encoding: .utf8)
    #expect(try String(contentsOf: readme, encoding: .utf8).contains("```swift\n\(code)```\n"))
  }

  @Test func `README's example trains a policy and acts`() throws {
    let folder = try TemporaryFolder()
    try ToyDemonstrations.write(to: folder.file("toy.hdf5"), episodes: 20)
    let actions = try trainAndAct(
      folder.file("toy.hdf5"), folder: folder.file("run"), seen: ["position": .float32([0.3])])
    #expect(actions.count == 4)
    #expect(actions.allSatisfy { $0.count == 2 && abs($0[0]) < 2.5 && abs($0[1]) < 1.5 })
    #expect(Set(actions).count == 4)
  }
}
