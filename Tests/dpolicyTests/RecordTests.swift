import Demonstrations
import Foundation
import Testing

@Suite struct RecordTests {
  let folder: Scratch

  init() throws {
    folder = try Scratch()
  }

  private func record(_ episodes: Int, to file: String, _ more: String...) throws -> Tool.Result {
    try Tool.run(
      [
        "record", "--environment", "push", "--expert", "--episodes", "\(episodes)", "--output",
        file,
      ] + more, in: folder)
  }

  /// The episodes of a file without the time at which they were recorded.
  private func episodes(_ file: String) throws -> [Episode] {
    let store = try DemonstrationStore(reading: folder.file(file))
    return try (0..<store.count).map { index in
      var episode = try store.episode(index)
      #expect(episode.attributes.recordedAt?.isEmpty == false)
      episode.attributes.recordedAt = nil
      return episode
    }
  }

  private func json(_ text: String) throws -> [String: Any] {
    try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
  }

  @Test func `environments are listed for programs`() throws {
    let result = try Tool.run(["environments", "--json"], in: folder)
    #expect(result.status == 0)
    let listings = try #require(try json(result.output)["environments"] as? [[String: Any]])
    #expect(listings.compactMap { $0["name"] as? String } == ["claw", "push", "push-t"])
    for listing in listings {
      let description = try #require(listing["description"] as? [String: Any])
      #expect((description["observations"] as? [Any])?.isEmpty == false)
      #expect(description["action"] is [String: Any])
    }
  }

  @Test func `a recording stopped and continued is a recording made in one go`() throws {
    #expect(try record(5, to: "whole.hdf5", "--threads", "1").status == 0)
    #expect(try record(2, to: "parts.hdf5").status == 0)
    let second = try record(5, to: "parts.hdf5", "--json")
    #expect(second.status == 0)
    #expect(second.errors.contains("parts.hdf5 has 2 episodes"))
    let report = try json(second.output)
    #expect(report["episodes"] as? Int == 5)
    #expect(report["recorded"] as? Int == 3)
    let whole = try episodes("whole.hdf5")
    #expect(whole.count == 5)
    #expect(whole.allSatisfy { $0.attributes.success == true })
    #expect(try episodes("parts.hdf5") == whole)

    let again = try record(5, to: "parts.hdf5", "--json")
    #expect(try json(again.output)["recorded"] as? Int == 0)
    #expect(try episodes("parts.hdf5") == whole)
  }

  @Test func `images are recorded where they are asked for, and only there`() throws {
    #expect(try record(1, to: "plain.hdf5").status == 0)
    #expect(try episodes("plain.hdf5")[0].observations.keys.sorted() == ["state"])
    let seen = try record(
      1, to: "seen.hdf5", "--observations", "state,image", "--option", "image_size=16")
    #expect(seen.status == 0, "\(seen.errors)")
    let image = try #require(try episodes("seen.hdf5")[0].observations["image"])
    #expect(image.shape == [16, 16, 3])
    guard case .uint8(let bytes) = image.elements else {
      Issue.record("the images are no bytes")
      return
    }
    #expect(bytes.contains(255))
    let train = try Tool.run(
      [
        "train", "--demos", "seen.hdf5", "--observations", "image", "--steps", "2", "--output",
        "run",
      ], in: folder)
    #expect(train.status == 0, "\(train.errors)")
    let other = try Tool.run(
      ["rollout", "--policy", "run", "--environment", "push", "--episodes", "1"], in: folder)
    #expect(other.status != 0)
    #expect(
      other.errors.contains("its 'image' is 16×16×3, that of 'push' is 32×32×3"),
      "\(other.errors)")
  }

  @Test func `another seed records other episodes`() throws {
    #expect(try record(1, to: "a.hdf5").status == 0)
    #expect(try record(1, to: "b.hdf5", "--seed", "7").status == 0)
    #expect(try episodes("a.hdf5") != episodes("b.hdf5"))
  }

  @Test func `other options do not go into a file that has some already`() throws {
    #expect(try record(1, to: "a.hdf5").status == 0)
    let before = try Data(contentsOf: URL(fileURLWithPath: folder.file("a.hdf5")))
    let result = try record(2, to: "a.hdf5", "--option", "spread=0.5")
    #expect(result.status == 64)
    #expect(result.errors.contains("'spread' was 1"))
    #expect(try Data(contentsOf: URL(fileURLWithPath: folder.file("a.hdf5"))) == before)
  }

  @Test func `Ctrl-C keeps every finished episode`() throws {
    let line = "record --environment push --expert --episodes 100000 --output long.hdf5"
    let result = try Tool.run(line.split(separator: " ").map(String.init), in: folder) { process in
      let limit = Date(timeIntervalSinceNow: 60)
      while process.isRunning, limit > Date() {
        if let store = try? DemonstrationStore(reading: folder.file("long.hdf5")), store.count > 2 {
          return process.interrupt()
        }
        Thread.sleep(forTimeInterval: 0.02)
      }
      process.terminate()
    }
    #expect(result.status == 130)
    #expect(result.output.isEmpty)
    let kept = try episodes("long.hdf5")
    #expect(kept.count > 2)
    #expect(
      result.errors.contains("stopped with \(kept.count) of 100000 episodes in long.hdf5"),
      "\(result.errors)")
    // Attempts that fail are left out, the others stand in the order of their seeds.
    let seeds = kept.compactMap(\.attributes.seed)
    #expect(seeds.count == kept.count && seeds == seeds.sorted())
    #expect(try record(kept.count + 1, to: "long.hdf5").status == 0)
    #expect(try episodes("long.hdf5").prefix(kept.count) == kept[...])
  }

  @Test func `a place that cannot be written is named`() throws {
    let result = try record(1, to: "nowhere/a.hdf5")
    #expect(result.status == 1)
    #expect(
      result.errors == "dpolicy: nowhere/a.hdf5: cannot be written: its folder does not exist\n")
  }

  @Test func `inspect counts what was recorded`() throws {
    #expect(try record(3, to: "a.hdf5").status == 0)
    let recorded = try episodes("a.hdf5")
    let result = try Tool.run(["inspect", "a.hdf5", "--verify", "--json"], in: folder)
    #expect(result.status == 0)
    let verification = try json(result.output)
    #expect((verification["problems"] as? [String]) == [])
    let report = try #require(verification["summary"] as? [String: Any])
    #expect(report["episodes"] as? Int == 3)
    #expect(report["environment"] as? String == "push")
    #expect(report["steps"] as? Int == recorded.reduce(0) { $0 + $1.count })
    let lengths = try #require(report["lengths"] as? [String: Any])
    #expect(lengths["maximum"] as? Int == recorded.map(\.count).max())
    let actions = try #require(report["action"] as? [String: Any])
    let values = recorded.flatMap { episode -> [Float] in
      guard case .float32(let values) = episode.actions.elements else { return [] }
      return values
    }
    let first = stride(from: 0, to: values.count, by: 2).map { values[$0] }
    let low = try #require(actions["low"] as? [Double]).map(Float.init)
    #expect(low.first == first.min())
    let text = try Tool.run(["inspect", "a.hdf5"], in: folder)
    #expect(text.status == 0)
    #expect(text.output.hasPrefix("a.hdf5: 3 episodes, "))
    #expect(text.output.contains("\n  successful   3 of 3\n"), "\(text.output)")
    #expect(text.output.contains("\n  actions  float32, 2 values; learned; scaled by range\n"))
    #expect(text.output.split(separator: "\n").allSatisfy { $0.count <= 80 }, "\(text.output)")
    // The ends of all ranges of a key stand below each other.
    let ranges = text.output.split(separator: "\n").filter { $0.contains("[") }
    #expect(ranges.count == 16)
    for rows in [ranges.prefix(2), ranges.suffix(14)] {
      #expect(
        Set(rows.map { $0.firstRange(of: " to ")?.lowerBound.utf16Offset(in: $0) }).count == 1)
      #expect(Set(rows.map(\.count)).count == 1)
    }
  }

  @Test func `what is no demonstrations file is bad data`() throws {
    try Data("text".utf8).write(to: URL(fileURLWithPath: folder.file("text.hdf5")))
    #expect(try record(1, to: "cut.hdf5").status == 0)
    let whole = try Data(contentsOf: URL(fileURLWithPath: folder.file("cut.hdf5")))
    try whole.prefix(whole.count / 2).write(to: URL(fileURLWithPath: folder.file("cut.hdf5")))
    for (file, expected) in [
      ("missing.hdf5", "there is no such file"), ("text.hdf5", "is not an HDF5 file"),
      ("cut.hdf5", "is cut short"),
    ] {
      let result = try Tool.run(["inspect", file], in: folder)
      #expect(result.status == 65)
      #expect(result.output.isEmpty)
      #expect(result.errors.hasPrefix("dpolicy: \(file): "), "\(result.errors)")
      #expect(result.errors.contains(expected), "\(result.errors)")
      #expect(result.errors.split(separator: "\n").count == 1)
    }
  }
}
