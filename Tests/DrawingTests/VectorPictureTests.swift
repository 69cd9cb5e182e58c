import Drawing
import EnvironmentInterface
import Foundation
import Testing

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// What an XML parser of others finds in a picture.
private final class Elements: NSObject, XMLParserDelegate {
  var all: [(name: String, attributes: [String: String])] = []
  var text = ""

  init(_ svg: String) throws {
    super.init()
    let parser = XMLParser(data: Data(svg.utf8))
    parser.delegate = self
    try #require(parser.parse(), "\(parser.parserError.debugDescription) in \(svg)")
  }

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
    qualifiedName: String?, attributes: [String: String]
  ) {
    all.append((name, attributes))
  }

  func parser(_ parser: XMLParser, foundCharacters string: String) { text += string }

  func named(_ name: String) -> [[String: String]] {
    all.filter { $0.name == name }.map(\.attributes)
  }
}

@Suite struct VectorPictureTests {
  private let ink = Scene.Color(0.2, 0.4, 0.6)

  private func svg(_ draw: (Canvas) -> Void) throws -> String {
    let canvas = try Canvas(width: 200, height: 100, keepsVectors: true)
    draw(canvas)
    return try #require(canvas.vectors).svg(
      identifier: "p", label: "a < b", properties: [ink: "ink"])
  }

  @Test func `a canvas keeps shapes only where it is told to`() throws {
    #expect(try Canvas(width: 2, height: 2).vectors == nil)
  }

  @Test func `shapes keep their places, and those of one look share a group`() throws {
    let found = try Elements(
      svg { canvas in
        for x in [10.125, 20] {
          canvas.draw(
            .init(
              .circle(center: .init(x, 30), radius: 4), fill: .init(1, 0, 0, alpha: 0.5),
              stroke: .init(0, 0, 0), strokeWidth: 1.5))
        }
        canvas.draw(.init(.circle(center: .init(.nan, 0), radius: 4), fill: ink))
        canvas.draw(.init(.line([.init(0, 0), .init(3, -4)]), stroke: ink, strokeWidth: 2))
        canvas.draw(.init(.polygon([.init(0, 0), .init(3, 0), .init(0, 4)]), fill: ink))
      })
    #expect(found.named("circle").map { $0["cx"] } == ["10.13", "20"])
    #expect(found.named("path").map { $0["d"] } == ["M0 0L3 -4", "M0 0L3 0L0 4Z"])
    let groups = found.named("g")
    #expect(groups.count == 3)
    #expect(groups[0]["fill"] == "#ff0000" && groups[0]["fill-opacity"] == "0.5")
    #expect(groups[0]["stroke"] == "#000000" && groups[0]["stroke-width"] == "1.5")
    #expect(groups[1]["fill"] == "none" && groups[1]["style"] == "stroke:var(--ink,#336699)")
    #expect(found.all[0].attributes["aria-label"] == "a < b")
    #expect(found.all[0].attributes["viewBox"] == "0 0 200 100")
  }

  @Test func `text stands where the pixels have it`() throws {
    let found = try Elements(
      svg { canvas in
        canvas.text("x < \"y\" & z", at: .init(50, 20), size: 10, anchor: .right, bold: true)
        canvas.text("up", at: .init(5, 60), size: 10, turned: true, color: ink)
      })
    let texts = found.named("text")
    #expect(found.text.contains("x < \"y\" & z"))
    #expect(texts[0]["x"] == "50" && texts[0]["y"] == "23.6" && texts[0]["text-anchor"] == "end")
    #expect(texts[0]["font-weight"] == "bold")
    #expect(texts[1]["transform"] == "translate(5 60) rotate(-90)")
  }

  @Test func `a scene is written once, upright, in its colours, cut off at its edges`() throws {
    let scene = Scene(
      from: .init(0, 0), to: .init(10, 10), background: ink,
      shapes: [.init(.circle(center: .init(1, 2), radius: 3), fill: ink)])
    let found = try Elements(
      svg { canvas in
        canvas.draw(scene, in: Rectangle(x: 0, y: 0, width: 50, height: 50))
        canvas.draw(scene, in: Rectangle(x: 60, y: 0, width: 50, height: 50))
        canvas.draw(scene, in: Rectangle(x: 120, y: 0, width: 20, height: 20))
      })
    #expect(found.named("use").map { $0["href"] } == ["#p-0", "#p-0", "#p-1"])
    #expect(found.named("svg").dropFirst().map { $0["x"] } == ["0", "60", "120"])
    let circles = found.named("circle").map { [$0["cx"], $0["cy"], $0["r"]] }
    #expect(circles == [["5", "40", "15"], ["2", "16", "6"]])
    #expect(found.named("g").allSatisfy { $0["style"] == nil })
  }

  @Test func `what is clipped stands in a frame of its own`() throws {
    let found = try Elements(
      svg { canvas in
        canvas.clipped(to: Rectangle(x: 10, y: 20, width: 30, height: 40)) {
          canvas.draw(.init(.circle(center: .init(0, 0), radius: 90), fill: ink))
        }
        canvas.draw(.init(.circle(center: .init(1, 1), radius: 1), fill: ink))
      })
    let frame = try #require(found.named("svg").last)
    #expect(frame["viewBox"] == "10 20 30 40" && frame["x"] == "10" && frame["height"] == "40")
    #expect(found.named("circle").count == 2)
  }
}
