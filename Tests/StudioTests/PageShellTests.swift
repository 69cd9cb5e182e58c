import Foundation
import Studio
import Testing
import Web

/// The shell around the studio's pages.
@Suite struct PageShellTests {
  @Test(arguments: [
    ("index", "dpolicy studio"), ("record", "Record demonstrations"),
    ("browse", "Browse demonstrations"), ("watch", "Watch a policy"), ("missing", "Nothing here"),
  ])
  func `each page has one heading, one main part, and marks where one is`(
    name: String, heading: String
  ) throws {
    let pages = PageShell.rooms + [.index, .missing]
    let page = try #require(pages.first { $0.name == name })
    let html = String(decoding: try page.html(), as: UTF8.self)
    #expect(html.contains("<h1 class=\"unseen\">\(heading)</h1>"))
    for part in ["<h1", "<main", "<!doctype html>", "</body>", "<title>"] {
      #expect(html.components(separatedBy: part).count == 2, "\(part) in \(name)")
    }
    #expect(html.firstMatch(of: /\{[a-z-]+\}/) == nil, "a field of the shell is left empty")
    let isRoom = PageShell.rooms.contains { $0.name == name }
    #expect(html.contains("src=\"\(name).js\"") == isRoom)
    #expect(html.contains("href=\"\(name)\" aria-current=\"page\"") == isRoom)
    #expect(html.components(separatedBy: "aria-current").count == (isRoom ? 2 : 1))
    // What stands for any path finds its style from there, too.
    #expect(html.contains(name == "missing" ? "href=\"/style.css\"" : "href=\"style.css\""))
  }

  @Test func `a file that is not there is found missing at once`() {
    #expect(throws: WebServerError.missingPage("none.html")) { try PageShell.file("none.html") }
  }
}
