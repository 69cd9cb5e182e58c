import Drawing
import EnvironmentInterface
import Foundation
import Testing

/// Pictures that come as files, beside another program's reading of them.
@Suite struct PictureFileTests {
  private static let python = "/usr/bin/python3"

  /// What Pillow writes of a noisy picture, and what it reads of that again.
  private static func written(_ mode: String, _ form: String) throws -> (file: Data, rgb: Data) {
    let script = """
      import io, random, sys
      from PIL import Image
      draw = random.Random(7)
      channels = len("\(mode)") if "\(mode)" != "L" else 1
      rough = Image.frombytes("\(mode)", (6, 4), bytes(draw.randrange(256) for _ in range(24 * channels)))
      file = io.BytesIO()
      rough.resize((37, 21)).save(file, "\(form)")
      again = Image.open(io.BytesIO(file.getvalue())).convert("RGB")
      sys.stdout.write(file.getvalue().hex() + " " + again.tobytes().hex())
      """
    let process = Process()
    process.executableURL = URL(fileURLWithPath: python)
    process.arguments = ["-c", script]
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    let parts = text.split(separator: " ").map { hexadecimal in
      Data(
        stride(from: 0, to: hexadecimal.count, by: 2).compactMap { offset in
          let start = hexadecimal.index(hexadecimal.startIndex, offsetBy: offset)
          return UInt8(hexadecimal[start..<hexadecimal.index(start, offsetBy: 2)], radix: 16)
        })
    }
    try #require(parts.count == 2)
    return (parts[0], parts[1])
  }

  private static let hasPillow: Bool = {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: python)
    process.arguments = ["-c", "import PIL"]
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return false }
    process.waitUntilExit()
    return process.terminationStatus == 0
  }()

  @Test(.enabled(if: hasPillow, "needs Python with Pillow"), arguments: ["RGB", "L"])
  func `PNG and JPEG files are read as another program reads them`(mode: String) throws {
    for form in ["PNG", "JPEG"] {
      let (file, rgb) = try Self.written(mode, form)
      let picture = try Scene.Picture.decoded(file)
      #expect((picture.width, picture.height) == (37, 21))
      #expect(picture.bytes == rgb, "\(form)")
      for end in [3, 20, 30, file.count / 2, file.count - 20] {
        #expect(throws: DrawingError.self, "\(form), \(end) bytes") {
          try Scene.Picture.decoded(file.prefix(end))
        }
      }
    }
  }

  @Test(.enabled(if: hasPillow, "needs Python with Pillow"))
  func `a picture that can be seen through is refused`() throws {
    let (file, _) = try Self.written("RGBA", "PNG")
    let error = #expect(throws: DrawingError.self) { try Scene.Picture.decoded(file) }
    #expect(error?.description == "this is not a picture: the PNG file has transparent pixels")
  }

  @Test func `a canvas' own PNG comes back, and no size takes memory by being named`() throws {
    let canvas = try Canvas(width: 9, height: 5, background: Scene.Color(0.2, 0.4, 1))
    canvas.draw(Scene.Shape(.circle(center: .init(4, 2), radius: 2), fill: .init(1, 0, 0)))
    var file = try canvas.png()
    #expect(try Scene.Picture.decoded(file).bytes == Data(canvas.rgb))
    file.replaceSubrange(16..<20, with: [0x7f, 0xff, 0xff, 0xff])
    #expect(throws: DrawingError.self) { try Scene.Picture.decoded(file) }
    let error = #expect(throws: DrawingError.self) {
      try Scene.Picture.decoded(Data("GIF89a".utf8))
    }
    #expect(error?.description == "this is not a picture: it is neither PNG nor JPEG")
  }
}
