import Demonstrations
import EnvironmentInterface
import Foundation
import PushT
import Studio
import TestSupport
import Testing

/// What the browsing page reads and writes.
@Suite struct BrowsingTests {
  private let folder: StudioTestFolder
  private let browser: DemonstrationBrowser

  init() throws {
    folder = try StudioTestFolder()
    try PushTRecording.write(to: folder.file("stir.hdf5"), episodes: 3, steps: 25)
    browser = DemonstrationBrowser(
      try StudioFolder(folder.path), registry: EnvironmentRegistry([PushTEnvironment.entry]))
  }

  private func object(_ value: some Encodable) throws -> [String: Any] {
    let data = try JSONEncoder().encode(value)
    return try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
  }

  private func unpacked(_ value: Any?) throws -> [Float] {
    let packed = try #require(value as? [String: Any])
    let data = try #require((packed["data"] as? String).flatMap { Data(base64Encoded: $0) })
    return stride(from: 0, to: data.count, by: 4).map { start in
      let bits = (0..<4).reduce(UInt32(0)) { $0 | UInt32(data[start + $1]) << (8 * UInt32($1)) }
      return Float(bitPattern: bits)
    }
  }

  @Test func `A file is listed, episode by episode`() throws {
    let list = try object(browser.list("stir.hdf5"))
    #expect(list["environment"] as? String == "push-t")
    #expect(list["steps"] as? Int == 75)
    #expect(list["pathOf"] as? String == "agent_pos")
    let lines = try #require(list["lines"] as? [[String: Any]])
    #expect(lines.map { $0["name"] as? String } == ["demo_0", "demo_1", "demo_2"])
    #expect(lines.map { $0["seed"] as? Int } == [0, 1, 2])
    #expect(lines.allSatisfy { ($0["path"] as? [Double])?.count == 50 })
  }

  @Test func `Each step is drawn as it was recorded`() throws {
    let recorded = try DemonstrationStore(reading: folder.file("stir.hdf5")).episode(1)
    let episode = try object(browser.episode(1, of: "stir.hdf5"))
    let action = try #require(episode["action"] as? [String: Any])
    let actions = try #require(recorded.actions.numbers)
    let agents = try #require(recorded.observations["agent_pos"]?.numbers)
    #expect(try unpacked(action["values"]) == actions)
    #expect(action["components"] as? [String] == ["target_x", "target_y"])
    let scenes = try #require(episode["scenes"] as? [[String: Any]])
    #expect(scenes.count == 25)
    // Where the picture has the agent, the observation has it: neither is computed from the other.
    for (step, scene) in scenes.enumerated() {
      let shapes = try #require(scene["shapes"] as? [[String: Any]])
      let circle = try #require(shapes.last { $0["kind"] as? String == "circle" })
      let points = try #require(circle["points"] as? [Double])
      for dimension in 0..<2 {
        let expected = Double(agents[2 * step + dimension])
        #expect(abs(points[dimension] - expected) < 0.01, "step \(step)")
      }
    }
  }

  @Test func `Without states an episode is drawn from what was seen`() throws {
    let store = try DemonstrationStore(reading: folder.file("stir.hdf5"))
    let description = try #require(store.environment)
    let recorder = try DemonstrationRecorder(
      path: folder.file("seen.hdf5"), environment: description)
    var episode = try store.episode(0)
    episode.states = nil
    try recorder.append(episode)
    episode.observations["block_pose"] = nil
    let blind = try DemonstrationRecorder(
      path: folder.file("blind.hdf5"), environment: description)
    try blind.append(episode)
    try recorder.close()
    try blind.close()
    let seen = try object(browser.episode(0, of: "seen.hdf5"))
    #expect((seen["scenes"] as? [Any])?.count == 25)
    let unseen = try object(browser.episode(0, of: "blind.hdf5"))
    #expect((unseen["scenes"] as? [Any])?.count == 0)
    #expect((unseen["note"] as? String)?.contains("block_pose") == true)
  }

  @Test func `Marks are written as masks, and listed at once`() throws {
    _ = try browser.list("stir.hdf5")
    try browser.mark(bad: ["demo_2"], in: "stir.hdf5")
    let masks = try #require(
      try object(browser.list("stir.hdf5"))["masks"] as? [String: [String]])
    #expect(masks == ["bad": ["demo_2"], "good": ["demo_0", "demo_1"]])
  }

  @Test func `What is not there, or not inside, is refused in words`() throws {
    #expect(message { _ = try browser.list("../stir.hdf5") }.contains("not inside the folder"))
    #expect(
      message { try browser.mark(bad: [], in: "/etc/x.hdf5") }.contains("not inside the folder"))
    #expect(message { _ = try browser.list("none.hdf5") }.contains("there is no such file"))
    #expect(
      message { _ = try browser.episode(9, of: "stir.hdf5") }.contains("there is no episode 9"))
    #expect(
      message { try browser.mark(bad: ["demo_9"], in: "stir.hdf5") }.contains("not an episode of"))
  }

  @Test func `What can be learned from is told key by key`() throws {
    let keys = try #require(try object(browser.outlook("stir.hdf5"))["keys"] as? [[String: Any]])
    #expect(keys.compactMap { $0["use"] as? String }.first == "learned")
    let pose = try #require(keys.first { $0["name"] as? String == "block_pose" })
    #expect(pose["use"] as? String == "looked at")
    #expect(pose["scaling"] as? String == "scaled by range, [2] by cosine and sine")
    let ranges = try #require(pose["ranges"] as? [[String: Any]])
    let recorded = try (0..<3).map {
      try DemonstrationStore(reading: folder.file("stir.hdf5")).episode($0)
    }
    let x = try recorded.flatMap { episode in
      let values = try #require(episode.observations["block_pose"]?.numbers)
      return stride(from: 0, to: values.count, by: 3).map { values[$0] }
    }
    #expect(ranges[0]["low"] as? Double == x.min().map(Double.init))
    #expect(ranges[0]["high"] as? Double == x.max().map(Double.init))
  }

  /// A file of others: a picture, texts, a glitch, and values in another file of the same folder.
  @Test(.enabled(if: Python.path != nil, "needs Python with h5py"))
  func `What is not usable is told with its reason, and no link is followed`() throws {
    _ = try Python.output(
      """
      import h5py, sys, numpy as np
      h5py.File(sys.argv[1] + "/other.hdf5", "w")["values"] = np.zeros((120, 2), "f4")
      with h5py.File(sys.argv[1] + "/foreign.hdf5", "w") as f:
        g = f.create_group("data/demo_0")
        x = np.sin(np.arange(240, dtype="f4")).reshape(120, 2)
        x[50, 1] = 1e6
        g["actions"] = x
        g["obs/lang"] = np.array([b"open"] * 120)
        g["obs/cam"] = np.zeros((120, 3, 8, 8), "u1")
        g["obs/away"] = h5py.ExternalLink("other.hdf5", "/values")
      """, folder.path)
    let keys = try #require(try object(browser.outlook("foreign.hdf5"))["keys"] as? [[String: Any]])
    let reasons = Dictionary(
      uniqueKeysWithValues: keys.map {
        ($0["name"] as? String ?? "", "\($0["use"] ?? ""): \($0["reason"] ?? "")")
      })
    #expect(reasons["lang"]?.hasPrefix("not usable: ") == true, "\(reasons)")
    #expect(reasons["lang"]?.contains("texts") == true, "\(reasons)")
    #expect(
      reasons["cam"]
        == "left out: it is a picture (channels first), which is used if it is named")
    #expect(reasons["away"]?.contains("and none is followed here") == true, "\(reasons)")
    let warnings = try #require(keys[0]["warnings"] as? [String])
    #expect(warnings.count == 1 && warnings[0].contains("1000000 at step 50 of demo_0"))
  }

  @Test func `A journal or an entry that is a link out of the folder is not read`() throws {
    let other = try StudioTestFolder()
    try PushTRecording.write(to: other.file("secret.hdf5"), episodes: 1, steps: 5)
    let manager = FileManager.default
    try manager.createSymbolicLink(
      atPath: folder.file("stir.hdf5.journal"), withDestinationPath: other.path)
    #expect(message { _ = try browser.list("stir.hdf5") }.contains("not inside the folder"))
    #expect(
      message { try browser.mark(bad: [], in: "stir.hdf5") }.contains("not inside the folder"))
    try manager.removeItem(atPath: folder.file("stir.hdf5.journal"))
    try manager.createDirectory(
      atPath: folder.file("stir.hdf5.journal"), withIntermediateDirectories: true)
    try manager.createSymbolicLink(
      atPath: folder.file("stir.hdf5.journal/demo_7.hdf5"),
      withDestinationPath: other.file("secret.hdf5"))
    #expect(try (object(browser.list("stir.hdf5"))["lines"] as? [Any])?.count == 3)
  }

  @Test func `A checkpoint of which a file lies elsewhere is not loaded`() throws {
    let studio = try StudioFolder(folder.path)
    let run = folder.file("run")
    try FileManager.default.createDirectory(atPath: run, withIntermediateDirectories: true)
    #expect(try studio.resolveCheckpoint("run") == run)
    try FileManager.default.createSymbolicLink(
      atPath: run + "/metrics.jsonl", withDestinationPath: "/etc/passwd")
    #expect(message { _ = try studio.resolveCheckpoint("run") }.contains("not inside the folder"))
  }

  @Test func `An episode that is recorded meanwhile is listed`() throws {
    _ = try browser.list("stir.hdf5")
    try PushTRecording.write(to: folder.file("stir.hdf5"), episodes: 1, steps: 5)
    let lines = try object(browser.list("stir.hdf5"))["lines"] as? [Any]
    #expect(lines?.count == 4)
  }
}
