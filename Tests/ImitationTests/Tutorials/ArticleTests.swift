import Foundation
import Testing

/// Code in articles is code of this package, word for word.
@Suite struct ArticleTests {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../../..").standardized

  private static func files(in folder: String, ending suffix: String) throws -> [URL] {
    let all = FileManager.default.enumerator(
      at: root.appendingPathComponent(folder), includingPropertiesForKeys: nil)
    return (all?.compactMap { $0 as? URL } ?? []).filter { $0.path.hasSuffix(suffix) }
  }

  /// Lines without what is before and behind, and without empty ones.
  private static func squeezed(_ text: String) -> String {
    text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
      .filter { !$0.isEmpty }.joined(separator: "\n")
  }

  static let articles = try? files(in: "Sources/Imitation/Imitation.docc", ending: ".md")

  @Test(arguments: articles ?? [])
  func `what a tutorial shows in Swift is compiled by a test`(_ article: URL) throws {
    let text = try String(contentsOf: article, encoding: .utf8)
    let blocks = text.components(separatedBy: "```swift\n").dropFirst()
      .map { Self.squeezed($0.components(separatedBy: "```")[0]) }
    let code = try Self.files(in: "Tests", ending: ".swift")
      .map { Self.squeezed(try String(contentsOf: $0, encoding: .utf8)) }
    for block in blocks {
      #expect(code.contains { $0.contains(block) }, "\(article.lastPathComponent):\n\(block)")
    }
  }

  @Test func `there are tutorials, with code`() throws {
    let texts = try (Self.articles ?? []).map { try String(contentsOf: $0, encoding: .utf8) }
    #expect(texts.count >= 6 && texts.filter { $0.contains("```swift") }.count >= 4)
  }
}
