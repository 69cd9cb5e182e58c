import Foundation
import Testing

/// Films of rollouts and replays.
@Suite(.timeLimit(.minutes(2))) struct AnimationTests {
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
    let films = try ["film.webp", "again.WEBP"].map {
      try Data(contentsOf: URL(fileURLWithPath: folder.file($0)))
    }
    for film in films { #expect(film.prefix(4) == Data("RIFF".utf8) && film.count > 10_000) }
    let frames = try names("frames")
    #expect(frames.count > 2 && frames.allSatisfy { $0.hasSuffix(".png") })
    #expect(frames.first == "frame-00000.png")
  }

  @Test func `a film that cannot be written is refused before anything is played`() throws {
    try FileManager.default.createDirectory(
      atPath: folder.file("full"), withIntermediateDirectories: true)
    try Data().write(to: URL(fileURLWithPath: folder.file("full/mine")))
    for (arguments, status, words) in [
      ("--animation out.gif", 64, "must be a .webp file, or a folder for PNG frames"),
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
