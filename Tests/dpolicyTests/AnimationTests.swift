import Demonstrations
import Foundation
import Testing

/// Films of rollouts and replays.
@Suite struct AnimationTests {
  let folder: Scratch

  init() throws {
    folder = try Scratch()
  }

  private func run(_ line: String) throws -> Tool.Result {
    try Tool.run(line.split(separator: " ").map(String.init), in: folder)
  }

  private func names(_ path: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.file(path)).sorted()
  }

  /// How long a film's frames are shown together, as its file says.
  ///
  /// Source: the WebP container specification, chunk ANMF: the duration is the 13th to 15th byte.
  private func milliseconds(of name: String) throws -> Int {
    let film = [UInt8](try Data(contentsOf: URL(fileURLWithPath: folder.file(name))))
    try #require(film.count > 12 && film[0..<4].elementsEqual("RIFF".utf8))
    func number(_ place: Int, _ bytes: Int) -> Int {
      (0..<bytes).reduce(0) { $0 | Int(film[place + $1]) << (8 * $1) }
    }
    var (sum, place) = (0, 12)
    while place + 8 <= film.count {
      let size = number(place + 4, 4)
      if film[place..<place + 4].elementsEqual("ANMF".utf8) {
        sum += number(place + 8 + 12, 3)
      }
      place += 8 + size + size % 2
    }
    return sum
  }

  @Test func `a rollout and a replay leave a film or a folder of pictures`() throws {
    for line in [
      "record --environment push --expert --episodes 4 --output push.hdf5",
      "train --demos push.hdf5 --method mse --steps 5 --batch 16 --output run",
      "rollout --policy run --environment push --episodes 3 --animation film.webp --animation-trail",
      "rollout --policy run --environment push --episodes 1 --animation frames/ --animation-speed 50",
      "replay --demos push.hdf5 --environment push --animation again.WEBP --animation-episodes 2",
    ] {
      let result = try run(line)
      #expect(result.status == 0, "\(line): \(result.errors)")
    }
    // An untrained policy never ends an episode: 350 steps of a tenth of a second, then two
    // seconds.
    #expect(try milliseconds(of: "film.webp") == 37_000)
    let recorded = try DemonstrationStore(reading: folder.file("push.hdf5"))
    let longest = try max(recorded.episode(0).count, recorded.episode(1).count)
    let expected: Int = 100 * longest + 2000
    #expect(try milliseconds(of: "again.WEBP") == expected)
    // Every 50th of 350 steps, and the end.
    let pictures = (0...7).map { "frame-0000\($0).png" }
    #expect(try names("frames") == pictures)
  }

  @Test func `a film that cannot be written is refused before anything is played`() throws {
    try FileManager.default.createDirectory(
      atPath: folder.file("full"), withIntermediateDirectories: true)
    try Data().write(to: URL(fileURLWithPath: folder.file("full/mine")))
    for (arguments, status, words) in [
      ("--animation out.gif", 64, "must end in .webp, or in '/' for a folder of PNG frames"),
      ("--animation out", 64, "must end in .webp, or in '/' for a folder of PNG frames"),
      ("--animation full", 64, "there is something in it already"),
      ("--animation none/out.webp", 1, "its folder does not exist"),
      ("--animation out.webp --animation-episodes 0", 64, "must lie in 1…64"),
      ("--animation out.webp --animation-speed 0", 64, "must lie in 1…100"),
    ] {
      let result = try run("rollout --policy none --environment push \(arguments)")
      #expect(result.status == status, "\(arguments): \(result.errors)")
      #expect(result.errors.contains(words), "\(result.errors)")
      #expect(result.output.isEmpty)
    }
    #expect(try names("full") == ["mine"])
  }
}
