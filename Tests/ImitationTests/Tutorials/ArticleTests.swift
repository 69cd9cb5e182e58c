import Foundation
import Testing

/// Code in articles is code of this package, word for word.
@Suite struct ArticleTests {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../../..").standardized

  private static func files(in folders: String..., ending suffix: String) throws -> [URL] {
    folders.flatMap { folder in
      let all = FileManager.default.enumerator(
        at: root.appendingPathComponent(folder), includingPropertiesForKeys: nil)
      return (all?.compactMap { $0 as? URL } ?? []).filter { $0.path.hasSuffix(suffix) }
    }
  }

  /// Lines without what is before and behind, and without empty ones.
  private static func squeezed(_ text: String) -> String {
    text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
      .filter { !$0.isEmpty }.joined(separator: "\n")
  }

  /// The pages of all catalogs of documentation.
  static let articles = (try? files(in: "Sources", "Environments", ending: ".md"))?
    .filter { $0.path.contains(".docc/") }.sorted { $0.path < $1.path }

  /// What tests and examples compile.
  private static let code: [String] =
    (try? files(in: "Tests", "Demos/examples", ending: ".swift").map {
      squeezed(try String(contentsOf: $0, encoding: .utf8))
    }) ?? []

  @Test(arguments: articles ?? [])
  func `what a page shows in Swift is compiled by a test`(_ article: URL) throws {
    let text = try String(contentsOf: article, encoding: .utf8)
    let blocks = text.components(separatedBy: "```swift\n").dropFirst()
      .map { Self.squeezed($0.components(separatedBy: "```")[0]) }
    for block in blocks {
      #expect(Self.code.contains { $0.contains(block) }, "\(article.lastPathComponent):\n\(block)")
    }
  }

  @Test func `there are pages of all libraries, with code`() throws {
    let texts = try (Self.articles ?? []).map { try String(contentsOf: $0, encoding: .utf8) }
    #expect(texts.count >= 26 && texts.filter { $0.contains("```swift") }.count >= 12)
  }
}
