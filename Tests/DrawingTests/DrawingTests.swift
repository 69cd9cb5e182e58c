import Drawing
import EnvironmentInterface
import Foundation
import Testing

/// A red square with its lower left quarter blue, one unit a quarter, on white; 2 × 2 units.
private func quarters(yDown: Bool) -> Scene {
  let red = Scene.Color(1, 0, 0)
  let blue = Scene.Color(0, 0, 1)
  return Scene(
    from: .init(-1, -1), to: .init(1, 1), yDown: yDown, background: .init(1, 1, 1),
    shapes: [
      .init(.polygon([.init(-1, -1), .init(1, -1), .init(1, 1), .init(-1, 1)]), fill: red),
      .init(.polygon([.init(-1, -1), .init(0, -1), .init(0, 0), .init(-1, 0)]), fill: blue),
    ])
}

private func pixel(_ rgb: [UInt8], width: Int, x: Int, y: Int) -> [UInt8] {
  Array(rgb[(y * width + x) * 3..<(y * width + x) * 3 + 3])
}

@Suite struct DrawingTests {
  @Test(arguments: [(false, 3), (true, 0)])
  func `every pixel of axis-aligned shapes is exact, and y grows as the scene says`(
    yDown: Bool, blueRow: Int
  ) throws {
    let rgb = try quarters(yDown: yDown).rgb(width: 4, height: 4)
    #expect(rgb.count == 48)
    for y in 0..<4 {
      for x in 0..<4 {
        let isBlue = x < 2 && (yDown ? y < 2 : y >= 2)
        let expected: [UInt8] = isBlue ? [0, 0, 255] : [255, 0, 0]
        #expect(pixel(rgb, width: 4, x: x, y: y) == expected, "pixel \(x), \(y)")
      }
    }
    #expect(pixel(rgb, width: 4, x: 0, y: blueRow) == [0, 0, 255])
  }

  @Test func `a picture wider than the scene keeps its shape and centres it`() throws {
    let rgb = try quarters(yDown: false).rgb(width: 8, height: 4)
    for y in 0..<4 {
      for x in [0, 1, 6, 7] {
        #expect(pixel(rgb, width: 8, x: x, y: y) == [255, 255, 255], "pixel \(x), \(y)")
      }
      #expect(pixel(rgb, width: 8, x: 5, y: y) == [255, 0, 0])
    }
  }

  @Test func `a circle covers its area, with soft edges`() throws {
    let scene = Scene(
      from: .init(-1, -1), to: .init(1, 1), background: .init(0, 0, 0),
      shapes: [.init(.circle(center: .init(0, 0), radius: 0.75), fill: .init(1, 1, 1))])
    let rgb = try scene.rgb(width: 32, height: 32)
    let covered = rgb.reduce(0.0) { $0 + Double($1) / 255 } / Double(rgb.count)
    #expect(abs(covered - Double.pi * 0.75 * 0.75 / 4) < 0.003, "covered \(covered)")
    #expect(rgb.contains { $0 > 20 && $0 < 235 })
  }

  @Test func `a placement and the pixels agree`() throws {
    let canvas = try Canvas(width: 300, height: 100)
    let placement = canvas.draw(
      quarters(yDown: false), in: Rectangle(x: 100, y: 0, width: 150, height: 100))
    #expect(placement.scale == 50)
    #expect(placement.frame == Rectangle(x: 125, y: 0, width: 100, height: 100))
    let p = placement.pixel(.init(-0.5, -0.5))
    #expect(p == .init(150, 75))
    #expect(pixel(canvas.rgb, width: 300, x: Int(p.x), y: Int(p.y)) == [0, 0, 255])
  }

  @Test func `text leaves ink from end to end where it was put, and nothing elsewhere`() throws {
    let canvas = try Canvas(width: 100, height: 40)
    canvas.text("ink", at: .init(50, 20), size: 16)
    let rgb = canvas.rgb
    let inked = (0..<4000).filter { rgb[3 * $0] < 128 }
    // About the middle, as wide as the letters are said to be, and as high as a k.
    let half = canvas.textWidth("ink", size: 16) / 2
    let columns = inked.map { Double($0 % 100) }
    #expect(abs(try #require(columns.min()) - (50 - half)) < 3)
    #expect(abs(try #require(columns.max()) + 1 - (50 + half)) < 3)
    let rows = inked.map { $0 / 100 }
    let height = try #require(rows.max()) + 1 - #require(rows.min())
    #expect((10...14).contains(height) && rows.allSatisfy { (12..<28).contains($0) }, "\(height)")
  }

  @Test func `shapes that are not finite are left out, the others stand`() throws {
    var scene = quarters(yDown: false)
    scene.shapes.append(
      .init(.circle(center: .init(.nan, 0), radius: 1), fill: .init(0, 1, 0)))
    scene.shapes.append(
      .init(.line([.init(0, 0), .init(.infinity, 0)]), stroke: .init(0, 1, 0), strokeWidth: 1))
    #expect(
      try scene.rgb(width: 16, height: 16) == quarters(yDown: false).rgb(width: 16, height: 16))
  }

  @Test func `a PNG file has the picture's size`() throws {
    let path = NSTemporaryDirectory() + "drawing-\(UUID().uuidString).png"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try quarters(yDown: false).writePNG(to: path, width: 48, height: 32)
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    #expect(Array(bytes[0..<8]) == [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
    #expect(Array(bytes[16..<24]) == [0, 0, 0, 48, 0, 0, 0, 32])
  }

  @Test func `unwritable paths and impossible sizes are refused in words`() throws {
    let scene = quarters(yDown: false)
    let error = #expect(throws: DrawingError.self) {
      try scene.writePNG(to: "/nonexistent/folder/a.png", width: 4, height: 4)
    }
    #expect(
      error?.description == "cannot write /nonexistent/folder/a.png: no such file or directory")
    #expect(throws: DrawingError.badSize(width: 0, height: 4)) {
      try scene.rgb(width: 0, height: 4)
    }
    #expect(throws: DrawingError.badSize(width: 4, height: 100_000)) {
      try scene.rgb(width: 4, height: 100_000)
    }
  }
}
