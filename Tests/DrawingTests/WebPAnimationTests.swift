import Drawing
import EnvironmentInterface
import Foundation
import Testing

/// Python with Pillow, which decodes WebP by another road than ours encodes it.
private let python: String? = {
  let path = "/usr/bin/python3"
  let process = Process()
  process.executableURL = URL(fileURLWithPath: path)
  process.arguments = ["-c", "from PIL import features; assert features.check('webp_anim')"]
  process.standardError = FileHandle.nullDevice
  guard (try? process.run()) != nil else { return nil }
  process.waitUntilExit()
  return process.terminationStatus == 0 ? path : nil
}()

@Suite struct WebPAnimationTests {
  /// A disc at a place on a blue ground, 64 × 48 pixels.
  private func frame(_ x: Double) throws -> Canvas {
    let canvas = try Canvas(width: 64, height: 48, background: .init(0.2, 0.4, 0.6))
    canvas.draw(.init(.circle(center: .init(x, 24), radius: 8), fill: .init(1, 0.8, 0)))
    return canvas
  }

  private func film(_ places: [Double]) throws -> Data {
    let film = try WebPAnimation(width: 64, height: 48)
    for (index, x) in places.enumerated() {
      try film.append(frame(x), milliseconds: 100 + 10 * index)
    }
    #expect(film.milliseconds == places.indices.reduce(0) { $0 + 100 + 10 * $1 })
    return try film.data()
  }

  @Test(.enabled(if: python != nil, "needs Python with Pillow"))
  func `another program finds the frames, their times and their colours`() throws {
    let path = NSTemporaryDirectory() + "film-\(UUID().uuidString).webp"
    defer { try? FileManager.default.removeItem(atPath: path) }
    // The last two are alike and become one, shown for 130 + 140 ms.
    try film([10, 30, 50, 20, 20]).write(to: URL(fileURLWithPath: path))
    let script = """
      import sys
      from PIL import Image
      film = Image.open(sys.argv[1])
      print(film.n_frames, film.size, film.info["loop"])
      for frame in range(film.n_frames):
        film.seek(frame)
        pixels = film.convert("RGB")
        print(film.info["duration"], [x for x in range(64) if pixels.getpixel((x, 24))[0] > 230][0],
          pixels.getpixel((60, 4)), pixels.getpixel(([10, 30, 50, 20][frame], 24)))
      """
    let process = Process()
    process.executableURL = URL(fileURLWithPath: try #require(python))
    process.arguments = ["-c", script, path]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(
      output == """
        4 (64, 48) 0
        100 2 (51, 102, 153) (255, 204, 0)
        110 22 (51, 102, 153) (255, 204, 0)
        120 42 (51, 102, 153) (255, 204, 0)
        270 12 (51, 102, 153) (255, 204, 0)

        """)
  }

  @Test func `the same pictures give the same bytes, others do not`() throws {
    let bytes = try film([10, 30])
    #expect(bytes.prefix(4) == Data("RIFF".utf8) && bytes[8..<12] == Data("WEBP".utf8))
    #expect(try film([10, 30]) == bytes)
    #expect(try film([10, 31]) != bytes)
  }

  @Test func `frames of another size and films of nothing are refused in words`() throws {
    let film = try WebPAnimation(width: 64, height: 40)
    #expect(throws: DrawingError.badSize(width: 64, height: 48)) {
      try film.append(frame(10), milliseconds: 100)
    }
    let error = #expect(throws: DrawingError.self) { try film.data() }
    #expect(error?.description.hasPrefix("the animation cannot be made: ") == true)
    #expect(throws: DrawingError.badSize(width: 0, height: 4)) {
      try WebPAnimation(width: 0, height: 4)
    }
  }
}
