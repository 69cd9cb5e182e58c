import Demonstrations
import EnvironmentInterface
import Foundation
import Imitation
import Testing

/// Files that cannot be read as demonstrations, and in which words that is said.
@Suite struct BadFileTests {
  let folder: TemporaryFolder
  let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.file("bad.hdf5")
  }

  /// Creates a file whose group `data` is written by `body`.
  private func create(_ body: (borrowing HDF5Group) throws -> Void) throws {
    try HDF5File.create(path) { root in
      let data = try root.createGroup("data")
      try body(data)
    }
  }

  /// Writes an episode of `steps` steps with two actions and the observation `obs/state`.
  private func write(
    _ name: String, in data: borrowing HDF5Group, steps: Int, samples: Int? = nil, width: Int = 3,
    states: [Float]? = nil, observation: String = "state"
  ) throws {
    let demo = try data.createGroup(name)
    try demo.setAttribute("num_samples", Int64(samples ?? steps))
    try demo.write(
      "actions", dimensions: [steps, 2], [Float](repeating: 0, count: steps * 2))
    let observations = try demo.createGroup("obs")
    try observations.write(
      observation, dimensions: [steps, width],
      states ?? [Float](repeating: 0, count: steps * width))
  }

  private func message(_ body: () throws -> Void) throws -> String {
    "\(try #require(#expect(throws: (any Error).self) { try body() }))"
  }

  private func messageReading(_ index: Int = 0) throws -> String {
    try message { _ = try DemonstrationStore(reading: path).episode(index) }
  }

  @Test func `A missing file`() throws {
    #expect(try messageReading() == "\(path): there is no such file")
  }

  @Test func `An empty file`() throws {
    try folder.write("".utf8, to: "bad.hdf5")
    #expect(
      try messageReading()
        == "\(path): cannot be opened: it is empty; copy it again, or record it anew")
  }

  @Test func `A folder`() throws {
    let text = try message { _ = try DemonstrationStore(reading: folder.path) }
    #expect(text == "\(folder.path): cannot be opened: it is a folder")
  }

  @Test(arguments: ["P", "PK something else", String(repeating: "HDF", count: 300)])
  func `A file that is something else`(text: String) throws {
    try folder.write(text.utf8, to: "bad.hdf5")
    #expect(
      try messageReading()
        == "\(path): is not an HDF5 file; demonstrations are read from .hdf5")
  }

  @Test(arguments: [10, 60, 700, 1000])
  func `A file that is cut short`(length: Int) throws {
    try create { data in try write("demo_0", in: data, steps: 900) }
    #expect(try folder.bytes("bad.hdf5").count > length)
    try folder.write(folder.bytes("bad.hdf5").prefix(length), to: "bad.hdf5")
    let text = try messageReading()
    #expect(text.hasPrefix("\(path): the HDF5 file is cut short ("), "\(text)")
    #expect(text.hasSuffix("copy it again from its source"))
  }

  @Test func `An HDF5 file of another layout`() throws {
    try HDF5File.create(path) { root in
      try root.write("observations", dimensions: [2, 2], [Float](repeating: 0, count: 4))
    }
    #expect(try messageReading() == "\(path): has no 'data'; it has: observations")
  }

  @Test func `An episode number that is too high`() throws {
    try create { data in try write("demo_0", in: data, steps: 2) }
    #expect(
      try messageReading(1) == "\(path): there is no episode 1; the last of its 1 is 0")
  }

  @Test func `An episode without actions`() throws {
    try create { data in
      let demo = try data.createGroup("demo_0")
      try demo.write("action", dimensions: [2, 2], [Float](repeating: 0, count: 4))
    }
    #expect(
      try messageReading()
        == "\(path), demo_0: has no 'actions' (did you mean 'action'?); it has: action")
  }

  @Test func `An observation that is not there`() throws {
    try create { data in try write("demo_0", in: data, steps: 2) }
    let text = try message {
      _ = try WindowDataset(
        DemonstrationStore(reading: path), observations: ["staet"])
    }
    #expect(
      text
        == "\(path), demo_0: has no 'obs/staet' (did you mean 'obs/state'?); it has: obs/state")
  }

  @Test func `A file without observations`() throws {
    try create { data in
      let demo = try data.createGroup("demo_0")
      try demo.write("actions", dimensions: [2, 2], [Float](repeating: 0, count: 4))
    }
    #expect(try DemonstrationStore(reading: path).episode(0).observations.isEmpty)
    let asked = try message {
      _ = try WindowDataset(DemonstrationStore(reading: path), observations: ["state"])
    }
    #expect(asked == "\(path), demo_0: has no 'obs/state'; there is nothing of that kind")
    let any = try message { _ = try WindowDataset(DemonstrationStore(reading: path)) }
    #expect(any == "\(path): no observation is a list of numbers; it has none at all")
  }

  @Test func `Steps that do not agree`() throws {
    try create { data in
      try write("demo_0", in: data, steps: 2, samples: 3)
      try write("demo_1", in: data, steps: 2)
      let demo = try data.createGroup("demo_2")
      try demo.write("actions", dimensions: [4, 2], [Float](repeating: 0, count: 8))
      try demo.write("rewards", dimensions: [3], [Float](repeating: 0, count: 3))
    }
    #expect(
      try messageReading(0) == "\(path), demo_0, dataset 'actions': has 2 steps, expected 3 "
        + "(attribute num_samples)")
    // Nobody decides by rewards: they are left out, which is said.
    let store = try DemonstrationStore(reading: path)
    #expect(try store.episode(2).rewards == [0, 0, 0, 0])
    let unused = store.verify().summary.unused
    #expect(unused.map(\.name) == ["rewards"])
    #expect(unused.map(\.reason) == ["has 3 steps, expected 4 (as many as actions)"])
  }

  @Test func `Shapes that differ between episodes`() throws {
    try create { data in
      try write("demo_0", in: data, steps: 2)
      try write("demo_1", in: data, steps: 2, width: 4)
    }
    let store = try DemonstrationStore(reading: path)
    let windows = try message { _ = try WindowDataset(store, observations: ["state"]) }
    #expect(
      windows == "\(path), demo_1, dataset 'obs/state': a step has shape [4], expected [3] "
        + "(as in the first episode)")
    let summary = try store.summary()
    #expect(summary.observations.isEmpty)
    #expect(
      summary.unused.map { "\($0.name): \($0.reason)" }
        == ["obs/state: demo_1: a step has shape [4], expected [3] (as in earlier episodes)"])
  }

  @Test(arguments: [Float.nan, .infinity, -.infinity])
  func `An observation that is not finite`(value: Float) throws {
    var states = [Float](repeating: 1, count: 300)
    states[3 * 57 + 2] = value
    try create { data in
      try write("demo_0", in: data, steps: 2)
      try write("demo_1", in: data, steps: 100, states: states)
    }
    let expected =
      "\(path), demo_1, dataset 'obs/state': has a NaN or infinite value "
      + "at [57, 2]; all values must be finite"
    let store = try DemonstrationStore(reading: path)
    #expect(try message { _ = try WindowDataset(store) } == expected)
    #expect(try message { _ = try store.episode(1, observations: ["state"]) } == expected)
    #expect(store.verify().problems == [expected])
    #expect(
      try store.summary().unused.map { "\($0.name): \($0.reason)" }
        == ["obs/state: has a NaN or infinite value at [57, 2]; all values must be finite"])
  }

  @Test func `An empty episode, and a file without any`() throws {
    try create { data in try write("demo_0", in: data, steps: 0) }
    #expect(
      try messageReading()
        == "\(path), demo_0: the episode has no steps; an episode needs at least one")
    try create { data in try data.setAttribute("total", Int64(0)) }
    let store = try DemonstrationStore(reading: path)
    #expect(store.count == 0)
    let text = try message { _ = try WindowDataset(store) }
    #expect(text == "\(path): there are no episodes in it")
  }

  @Test func `A dataset of texts`() throws {
    try create { data in
      let demo = try data.createGroup("demo_0")
      try demo.write("actions", ["left", "right"])
    }
    #expect(
      try messageReading()
        == "\(path), demo_0, dataset 'actions': holds texts, but numbers are needed")
  }

  @Test func `Masks that are missing, or name nothing`() throws {
    try HDF5File.create(path) { root in
      let data = try root.createGroup("data")
      try write("demo_0", in: data, steps: 2)
      let mask = try root.createGroup("mask")
      try mask.write("train", ["demo_0"])
      try mask.write("valid", ["demo_9"])
    }
    let store = try DemonstrationStore(reading: path)
    #expect(try store.episodes(inMask: "train") == [0])
    #expect(
      try message { _ = try store.episodes(inMask: "trian") }
        == "\(path): there is no mask 'trian' (did you mean 'train'?); it has: train, valid")
    #expect(
      try message { _ = try store.episodes(inMask: "valid") }
        .contains("dataset 'mask/valid': HDF5 cannot read this: it names 'demo_9'"))
  }

  @Test func `A byte that has changed is found`() throws {
    let recorder = try DemonstrationRecorder(path: path, environment: Samples.environment)
    for seed in UInt64(0)..<3 { try recorder.append(Samples.episode(seed: seed, steps: 40)) }
    try recorder.close()
    #expect(try DemonstrationStore(reading: path).verify().isSound)
    let whole = try folder.bytes("bad.hdf5")
    let digest = try DemonstrationStore(reading: path).digest()
    var unnoticed: [Int] = []
    for place in stride(from: 48, to: whole.count, by: whole.count / 150) {
      var bytes = whole
      bytes[place] ^= 0x10
      try folder.write(bytes, to: "bad.hdf5")
      guard let store = try? DemonstrationStore(reading: path) else { continue }
      if store.verify().isSound, try store.digest() != digest { unnoticed.append(place) }
    }
    #expect(unnoticed == [])
  }
}
