import Demonstrations
import Foundation
import Testing

@Suite struct ReplayTests {
  let folder: Scratch

  init() throws {
    folder = try Scratch()
  }

  private func replay(_ file: String, _ more: String...) throws -> Tool.Result {
    try Tool.run(["replay", "--demos", file, "--environment", "push-t"] + more, in: folder)
  }

  /// Writes a recording as others make it: observations, but no states, rewards or description.
  private func writeForeignCopy(of file: String, to copy: String, shift: Float) throws {
    let store = try DemonstrationStore(reading: folder.file(file))
    let description = try #require(store.environment)
    let recorder = try DemonstrationRecorder(path: folder.file(copy), environment: description)
    for index in 0..<store.count {
      var episode = try store.episode(index)
      episode.states = nil
      if case .float32(var poses) = episode.observations["block_pose"]?.elements {
        // The first is where the replay starts from.
        for step in 1..<poses.count / 3 { poses[3 * step] += shift }
        episode.observations["block_pose"] = Series(shape: [3], elements: .float32(poses))
      }
      try recorder.append(episode)
    }
    try recorder.close()
  }

  @Test func `errors over time are printed as a table and as JSON`() throws {
    let record = try Tool.run(
      [
        "record", "--environment", "push-t", "--expert", "--episodes", "2", "--output", "t.hdf5",
      ], in: folder)
    #expect(record.status == 0, "\(record.errors)")
    let own = try replay("t.hdf5")
    #expect(own.status == 0, "\(own.errors)")
    #expect(own.output.contains("block_pose [px]"))
    #expect(own.output.contains("recorded 1, replayed 1"))
    try writeForeignCopy(of: "t.hdf5", to: "foreign.hdf5", shift: 0.25)
    for (file, expected) in [("t.hdf5", 0.0), ("foreign.hdf5", 0.25)] {
      let result = try replay(file, "--json", "--times", "0.5,2", "--observations", "block_pose")
      #expect(result.status == 0, "\(result.errors)")
      let report = try #require(
        JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
      let rows = try #require(report["rows"] as? [[String: Any]])
      #expect(rows.compactMap { $0["seconds"] as? Double } == [0.5, 2, 0.5, 2])
      for row in rows {
        let isAngle = row["quantity"] as? String == "block_pose [rad]"
        let median = try #require(row["median"] as? Double)
        #expect(abs(median - (isAngle ? 0 : expected)) < 1e-3, "\(row)")
      }
    }
  }

  @Test func `what cannot be replayed is refused in a line`() throws {
    for (more, word) in [(["--times", "0"], "--times"), (["--threads", "0"], "--threads")] {
      let result = try Tool.run(
        ["replay", "--demos", "none.hdf5", "--environment", "push-t"] + more, in: folder)
      #expect(result.status == 64)
      #expect(result.errors.contains(word))
    }
    #expect(try replay("none.hdf5").status == 65)
    for (recorded, other, words) in [
      ("claw", "claw", "claw has no clock"),
      ("claw", "push", "c.hdf5 was recorded in claw, not in push; give --environment claw"),
    ] {
      let record = ["record", "--environment", recorded, "--expert", "--episodes", "2"]
      #expect(try Tool.run(record + ["--output", "c.hdf5"], in: folder).status == 0)
      let result = try Tool.run(
        ["replay", "--demos", "c.hdf5", "--environment", other], in: folder)
      #expect(result.status == 64 && result.errors.contains(words), "\(result.errors)")
    }
  }
}
