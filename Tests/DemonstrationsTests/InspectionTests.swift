import Demonstrations
import EnvironmentInterface
import Foundation
import Testing

@Suite struct InspectionTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test func `A summary counts what was recorded`() throws {
    let path = folder.file("arm.hdf5")
    let recorder = try DemonstrationRecorder(path: path, environment: Samples.environment)
    for (seed, steps) in zip(UInt64(0)..<5, [4, 9, 2, 7, 30]) {
      try recorder.append(Samples.episode(seed: seed, steps: steps))
    }
    let open = try DemonstrationStore(reading: path).summary()
    try recorder.close()
    let store = try DemonstrationStore(reading: path)
    let summary = try store.summary()
    #expect(summary.episodes == 5)
    #expect(summary.journalEpisodes == 0)
    #expect(summary.steps == 52)
    let lengths = try #require(summary.lengths)
    #expect(lengths.minimum == 2)
    #expect(lengths.maximum == 30)
    #expect(lengths.median == 7)
    #expect(summary.successes == 3)
    #expect(summary.behaviours == ["first_block=red": 2, "first_block=blue": 3])
    #expect(summary.recordedBy == ["expert": 5])
    #expect(summary.environment == "arm")
    #expect(summary.controlRate == 10)
    #expect(summary.stateWidth == 7)
    #expect(summary.observations.map(\.space) == Samples.environment.observations)
    #expect(summary.bytes == (try folder.bytes("arm.hdf5").count))

    // Ranges, element by element from the episodes as they were made.
    var values: [[Float]] = [[], [], []]
    for (seed, steps) in zip(UInt64(0)..<5, [4, 9, 2, 7, 30]) {
      let state = Samples.episode(seed: seed, steps: steps).observations["state"]
      guard case .float32(let floats) = state?.elements else { continue }
      for (index, value) in floats.enumerated() { values[index % 3].append(value) }
    }
    #expect(summary.observations[0].low == values.map { Double($0.min() ?? .nan) })
    #expect(summary.observations[0].high == values.map { Double($0.max() ?? .nan) })
    #expect(summary.observations[1].low.count == 1)

    // While the journal is open the same is seen, but for where it is kept.
    #expect(open.journalEpisodes == 5)
    #expect(open.digest == summary.digest)
    #expect(try store.digest() == summary.digest)
  }

  @Test func `The digest depends on what was demonstrated only`() throws {
    func digest(_ name: String, _ change: (inout Episode) -> Void) throws -> String {
      let path = folder.file(name)
      let recorder = try DemonstrationRecorder(path: path, environment: Samples.environment)
      for seed in UInt64(0)..<2 {
        var episode = Samples.episode(seed: seed, steps: 5)
        change(&episode)
        try recorder.append(episode)
      }
      try recorder.close()
      return try DemonstrationStore(reading: path).digest()
    }
    let digests = [
      try digest("same.hdf5") { _ in },
      try digest("time.hdf5") { $0.attributes.recordedAt = "2027" },
      try digest("reward.hdf5") { $0.rewards[0] = 7 },
      try digest("done.hdf5") { $0.dones[0].toggle() },
      try digest("camera.hdf5") { $0.observations["camera"] = nil },
    ]
    #expect(digests[0] == digests[1])
    #expect(Set(digests[1...]).count == 4)
  }

  @Test func `Verification names everything that is wrong`() throws {
    let path = folder.file("bad.hdf5")
    try HDF5File.create(path) { root in
      let data = try root.createGroup("data")
      try data.setAttribute("total", Int64(9))
      for (name, width, value) in [("demo_0", 2, Float(0)), ("demo_1", 3, 0), ("demo_2", 2, .nan)] {
        let demo = try data.createGroup(name)
        try demo.write(
          "actions", dimensions: [4, width], [Float](repeating: value, count: 4 * width))
      }
    }
    let verification = try DemonstrationStore(reading: path).verify()
    #expect(!verification.isSound)
    #expect(
      verification.problems == [
        "\(path), demo_1, dataset 'actions': a step has shape [3], expected [2] "
          + "(as in earlier episodes)",
        "\(path), demo_2, dataset 'actions': has a NaN or infinite value at [0, 0]; "
          + "all values must be finite",
      ])
    try HDF5File.create(path) { root in
      let data = try root.createGroup("data")
      try data.setAttribute("total", Int64(9))
      let demo = try data.createGroup("demo_0")
      try demo.write("actions", dimensions: [4, 2], [Float](repeating: 0, count: 8))
    }
    let foreign = try DemonstrationStore(reading: path).verify()
    #expect(foreign.isSound)
    #expect(
      foreign.summary.unused.map { "\($0.name) \($0.reason)" }
        == ["attribute 'total' is 9, but its episodes have 4 steps"])
  }
}
