import Demonstrations
import EnvironmentInterface
import Foundation
import Naming
import Testing

@Suite struct RecordingTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func record(
    _ name: String, seeds: Range<UInt64>, environment: EnvironmentDescription = Samples.environment
  ) throws {
    let recorder = try DemonstrationRecorder(path: folder.file(name), environment: environment)
    for seed in seeds { try recorder.append(Samples.episode(seed: seed, steps: 5 + Int(seed))) }
    try recorder.close()
  }

  /// Checks that a store holds the sample episodes of `seeds`, in order.
  private func expect(_ name: String, holds seeds: Range<UInt64>) throws {
    let store = try DemonstrationStore(reading: folder.file(name))
    #expect(store.count == seeds.count)
    #expect(store.names == (0..<seeds.count).map { "demo_\($0)" })
    for (index, seed) in seeds.enumerated() where index < store.count {
      #expect(
        try store.episode(index) == Samples.episode(seed: seed, steps: 5 + Int(seed)),
        "episode \(index)")
    }
    #expect(store.verify().problems == [])
  }

  @Test func `Episodes come back as they were recorded`() throws {
    let path = folder.file("arm.hdf5")
    let episodes = (0..<12).map { Samples.episode(seed: $0, steps: 1 + Int($0) * 9) }
    let recorder = try DemonstrationRecorder(path: path, environment: Samples.environment)
    for episode in episodes { try recorder.append(episode) }
    #expect(recorder.count == 12)
    try recorder.close()

    let store = try DemonstrationStore(reading: path)
    #expect(store.names == (0..<12).map { "demo_\($0)" })
    #expect(store.environment == Samples.environment)
    #expect(store.journalCount == 0)
    for (index, episode) in episodes.enumerated() {
      #expect(try store.episode(index) == episode, "episode \(index)")
    }
    #expect(folder.contents() == ["arm.hdf5"])
  }

  @Test func `Threads may share a store`() async throws {
    try record("arm.hdf5", seeds: 0..<8)
    let store = try DemonstrationStore(reading: folder.file("arm.hdf5"))
    let wrong = try await withThrowingTaskGroup(of: Int?.self) { group in
      for turn in 0..<64 {
        group.addTask {
          let seed = UInt64(turn % 8)
          let expected = Samples.episode(seed: seed, steps: 5 + Int(seed))
          return try store.episode(turn % 8) == expected ? nil : turn
        }
      }
      return try await group.reduce(into: [Int]()) { if let turn = $1 { $0.append(turn) } }
    }
    #expect(wrong == [])
  }

  @Test func `Only what is asked for is read`() throws {
    try record("arm.hdf5", seeds: 0..<1)
    let store = try DemonstrationStore(reading: folder.file("arm.hdf5"))
    #expect(try store.episode(0, observations: ["state"]).observations.keys.sorted() == ["state"])
    #expect(try store.episode(0, observations: []).observations.isEmpty)
    #expect(try store.observationNames() == ["camera", "state"])
  }

  @Test func `The same demonstrations give the same bytes`() throws {
    try record("one.hdf5", seeds: 0..<6)
    try record("two.hdf5", seeds: 0..<6)
    #expect(try folder.bytes("one.hdf5") == folder.bytes("two.hdf5"))
    try record("other.hdf5", seeds: 1..<7)
    #expect(try folder.bytes("one.hdf5") != folder.bytes("other.hdf5"))
  }

  @Test func `A recording that was closed can be continued`() throws {
    try record("arm.hdf5", seeds: 0..<4)
    try record("arm.hdf5", seeds: 4..<15)
    try expect("arm.hdf5", holds: 0..<15)
  }

  @Test func `Readers see the journal, and never change anything`() throws {
    try record("arm.hdf5", seeds: 0..<2)
    let recorder = try DemonstrationRecorder(
      path: folder.file("arm.hdf5"), environment: Samples.environment)
    try recorder.append(Samples.episode(seed: 2, steps: 7))
    let main = try folder.bytes("arm.hdf5")
    let store = try DemonstrationStore(reading: folder.file("arm.hdf5"))
    #expect(store.journalCount == 1)
    try expect("arm.hdf5", holds: 0..<3)
    #expect(try folder.bytes("arm.hdf5") == main)
    #expect(folder.contents("arm.hdf5.journal") == ["demo_2.hdf5", "lock"])
    try recorder.close()
    // The journal has gone from under the store, which finds its episode in the main file.
    #expect(try store.episode(2) == Samples.episode(seed: 2, steps: 7))
  }

  @Test func `A recorder that was left behind loses nothing`() throws {
    do {
      let recorder = try DemonstrationRecorder(
        path: folder.file("arm.hdf5"), environment: Samples.environment)
      for seed in UInt64(0)..<3 {
        try recorder.append(Samples.episode(seed: seed, steps: 5 + Int(seed)))
      }
    }
    try folder.write([0x89, 0x48], to: "arm.hdf5.journal/demo_3.hdf5.partial")
    try folder.write([], to: "arm.hdf5.journal/merged.partial")
    try expect("arm.hdf5", holds: 0..<3)
    try record("arm.hdf5", seeds: 3..<5)
    try expect("arm.hdf5", holds: 0..<5)
    #expect(folder.contents() == ["arm.hdf5"])
  }

  @Test func `An episode that stands in journal and main file counts once`() throws {
    let recorder = try DemonstrationRecorder(
      path: folder.file("arm.hdf5"), environment: Samples.environment)
    for seed in UInt64(0)..<3 {
      try recorder.append(Samples.episode(seed: seed, steps: 5 + Int(seed)))
    }
    // As if the recorder had been killed between renaming the merged file and clearing the journal.
    let entry = try folder.bytes("arm.hdf5.journal/demo_1.hdf5")
    try recorder.close()
    try FileManager.default.createDirectory(
      atPath: folder.file("arm.hdf5.journal"), withIntermediateDirectories: false)
    try folder.write(entry, to: "arm.hdf5.journal/demo_1.hdf5")
    try expect("arm.hdf5", holds: 0..<3)
    try record("arm.hdf5", seeds: 3..<4)
    try expect("arm.hdf5", holds: 0..<4)
  }

  @Test func `Another episode of a name that is taken gets a name of its own`() throws {
    try record("arm.hdf5", seeds: 0..<2)
    try record("other.hdf5", seeds: 2..<3)
    let recorder = try DemonstrationRecorder(
      path: folder.file("third.hdf5"), environment: Samples.environment)
    try recorder.append(Samples.episode(seed: 2, steps: 7))
    try FileManager.default.createDirectory(
      atPath: folder.file("arm.hdf5.journal"), withIntermediateDirectories: false)
    try folder.write(
      folder.bytes("third.hdf5.journal/demo_0.hdf5"), to: "arm.hdf5.journal/demo_0.hdf5")
    try expect("arm.hdf5", holds: 0..<3)
    try record("arm.hdf5", seeds: 3..<4)
    try expect("arm.hdf5", holds: 0..<4)
  }

  @Test func `A journal without its main file is still a store`() throws {
    let recorder = try DemonstrationRecorder(
      path: folder.file("arm.hdf5"), environment: Samples.environment)
    try recorder.append(Samples.episode(seed: 0, steps: 5))
    try FileManager.default.removeItem(atPath: folder.file("arm.hdf5"))
    try expect("arm.hdf5", holds: 0..<1)
  }

  @Test func `A damaged journal entry is set aside and spoils no other`() throws {
    do {
      let recorder = try DemonstrationRecorder(
        path: folder.file("arm.hdf5"), environment: Samples.environment)
      for seed in UInt64(0)..<3 {
        try recorder.append(Samples.episode(seed: seed, steps: 5 + Int(seed)))
      }
    }
    let entry = "arm.hdf5.journal/demo_1.hdf5"
    let damaged = Array(try folder.bytes(entry).dropLast(100))
    try folder.write(damaged, to: entry)
    let reader = try DemonstrationStore(reading: folder.file("arm.hdf5"))
    #expect(try reader.episode(2) == Samples.episode(seed: 2, steps: 7))
    #expect(throws: DemonstrationError.self) { try reader.episode(1) }

    let recorder = try DemonstrationRecorder(
      path: folder.file("arm.hdf5"), environment: Samples.environment)
    #expect(recorder.count == 2)
    let messages = recorder.setAside.map { "\($0)" }
    #expect(messages.count == 1)
    #expect(messages.first?.contains("demo_1.hdf5: the HDF5 file is cut short") == true)
    #expect(messages.first?.hasSuffix("set aside as \(folder.file(entry)).damaged") == true)
    try recorder.close()
    #expect(folder.contents("arm.hdf5.journal") == ["demo_1.hdf5.damaged"])
    #expect(try folder.bytes("\(entry).damaged") == damaged)
    let store = try DemonstrationStore(reading: folder.file("arm.hdf5"))
    #expect(store.setAside == [folder.file("\(entry).damaged")])
    #expect(try store.episode(0) == Samples.episode(seed: 0, steps: 5))
    #expect(try store.episode(1) == Samples.episode(seed: 2, steps: 7))
  }
}
