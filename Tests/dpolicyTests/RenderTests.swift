import Demonstrations
import Foundation
import TestSupport
import Testing

/// `render`: pictures for recordings that have none.
@Suite struct RenderTests {
  let folder: Scratch

  init() throws {
    folder = try Scratch()
  }

  private func run(_ line: String) throws -> Tool.Result {
    try Tool.run(line.split(separator: " ").map(String.init), in: folder)
  }

  private func succeed(_ line: String) throws {
    let result = try run(line)
    #expect(result.status == 0, "\(line): \(result.errors)")
  }

  private func store(_ name: String) throws -> DemonstrationStore {
    try DemonstrationStore(reading: folder.file(name))
  }

  @Test(arguments: ["push", "claw"])
  func `pictures are those that recording would have taken, and all else stays`(
    _ environment: String
  ) throws {
    let record = "record --environment \(environment) --option image_size=24 --expert --episodes 3"
    try succeed("\(record) --output plain.hdf5")
    try succeed("\(record) --observations state,image --output both.hdf5")
    // The option is the recording's.
    try succeed("render --demos plain.hdf5 --environment \(environment) --output drawn.hdf5")
    let (both, drawn) = (try store("both.hdf5"), try store("drawn.hdf5"))
    #expect(drawn.count == 3)
    for index in 0..<drawn.count {
      var (expected, episode) = (try both.episode(index), try drawn.episode(index))
      #expect(episode.observations["image"]?.shape == [24, 24, 3])
      expected.attributes.recordedAt = nil
      episode.attributes.recordedAt = nil
      #expect(episode == expected)
    }
  }

  @Test func `recordings without states are drawn from what they show`() throws {
    try succeed(
      "record --environment push-t --expert --episodes 1 --observations"
        + " agent_pos,block_pose,image --output both.hdf5")
    let strip = """
      import h5py
      with h5py.File("both.hdf5") as old, h5py.File("foreign.hdf5", "w") as new:
          for name in ["actions", "obs/agent_pos", "obs/block_pose"]:
              new[f"data/demo_0/{name}"] = old[f"data/demo_0/{name}"][:]
      """
    try Data(strip.utf8).write(to: URL(fileURLWithPath: folder.file("strip.py")))
    let (status, output) = try Python.run(["strip.py"], in: folder)
    #expect(status == 0, "\(output)")
    try succeed(
      "render --demos foreign.hdf5 --environment push-t --size 96 --output drawn.hdf5")
    func bytes(_ name: String) throws -> [UInt8] {
      guard
        case .uint8(let bytes)? = try store(name).episode(0).observations["image"]?.elements
      else { return [] }
      return bytes
    }
    let (expected, drawn) = (try bytes("both.hdf5"), try bytes("drawn.hdf5"))
    #expect(!expected.isEmpty && drawn.count == expected.count)
    // The angle comes from 0…2π and not from a count of turns: the last bit of an edge may differ.
    let farthest = zip(drawn, expected).map { abs(Int($0) - Int($1)) }.max() ?? 255
    #expect(farthest <= 2, "\(farthest)")
    try succeed("train --demos drawn.hdf5 --observations image --steps 2 --batch 4 --output run")
  }

  @Test func `what cannot be drawn is refused in a line, and a part is continued`() throws {
    try succeed("record --environment push --expert --episodes 2 --output plain.hdf5")
    try succeed("record --environment push --expert --episodes 1 --output part.hdf5")
    let render = "render --demos plain.hdf5 --environment push"
    for (line, words) in [
      ("\(render) --output plain.hdf5", "'--output' is the file that is read; give another"),
      ("\(render) --observations stat --output x.hdf5", "unknown picture of push 'stat'"),
      ("\(render) --size 5 --output x.hdf5", "option 'image_size'"),
      ("\(render) --size 9 --option image_size=9 --output x.hdf5", "say the same; give one"),
      (
        "render --demos plain.hdf5 --environment claw --output x.hdf5",
        "was recorded in push, not in claw"
      ),
    ] {
      let result = try run(line)
      #expect(result.status != 0 && result.errors.contains(words), "\(line): \(result.errors)")
      #expect(!FileManager.default.fileExists(atPath: folder.file("x.hdf5")), "\(line)")
    }
    try succeed("render --demos part.hdf5 --environment push --output drawn.hdf5")
    try succeed("\(render) --output drawn.hdf5")
    #expect(try store("drawn.hdf5").count == 2)
    let other = try run("record --environment push --expert --episodes 1 --seed 9 --output o.hdf5")
    #expect(other.status == 0)
    let mixed = try run("render --demos o.hdf5 --environment push --output drawn.hdf5")
    #expect(mixed.errors.contains("drawn.hdf5 holds other episodes than o.hdf5"))
  }
}
