import Demonstrations
import Foundation
import Naming
import TestSupport
import Testing

/// Masks that are written, and episodes that are taken back, as another program sees them.
@Suite(.enabled(if: Python.path != nil, "needs Python with h5py"))
struct MaskTests {
  let folder: TemporaryFolder
  let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.file("arm.hdf5")
  }

  private func record(_ count: Int) throws -> DemonstrationRecorder {
    let recorder = try DemonstrationRecorder(path: path, environment: Samples.environment)
    for seed in 0..<count { try recorder.append(Samples.episode(seed: UInt64(seed), steps: 5)) }
    return recorder
  }

  /// The masks and episodes that h5py finds.
  private func seen() throws -> String {
    try Python.output(
      """
      import h5py, sys
      f = h5py.File(sys.argv[1], "r")
      masks = {n: [d.decode() for d in f["mask"][n]] for n in f.get("mask", [])}
      print(sorted(masks.items()), sorted(f["data"]), int(f["data"].attrs["total"]), end="")
      """, path)
  }

  @Test func `h5py reads the masks that are written, again and again`() throws {
    try record(3).close()
    try DemonstrationMasks.write(["bad": ["demo_1"], "good": ["demo_2", "demo_0"]], to: path)
    let demos = "['demo_0', 'demo_1', 'demo_2'] 15"
    #expect(
      try seen() == "[('bad', ['demo_1']), ('good', ['demo_0', 'demo_2'])] \(demos)")
    try DemonstrationMasks.write(["bad": []], to: path)
    #expect(try seen() == "[('bad', []), ('good', ['demo_0', 'demo_2'])] \(demos)")
    let store = try DemonstrationStore(reading: path)
    #expect(try store.episodes(inMask: "good") == [0, 2])
    #expect(try store.episodes(inMask: "bad") == [])
    #expect(try store.verify().problems == [])
    for index in 0..<3 {
      #expect(try store.episode(index) == Samples.episode(seed: UInt64(index), steps: 5))
    }
    #expect(folder.contents() == ["arm.hdf5"])
  }

  @Test func `A mask is refused for strangers, and while somebody records`() throws {
    let recorder = try record(2)
    #expect(
      message { try DemonstrationMasks.write(["bad": ["demo_7"]], to: path) }
        .contains("'demo_7', which is not an episode"))
    #expect(
      message { try DemonstrationMasks.write(["a/b": ["demo_0"]], to: path) }
        .contains("there is no mask 'a/b'"))
    #expect(
      message { try DemonstrationMasks.write(["bad": ["demo_1"]], to: path) }
        .contains("is recording into it"))
    try recorder.close()
    #expect(try seen() == "[] ['demo_0', 'demo_1'] 10")
  }

  @Test func `Masks name episodes of a journal that a killed recorder left`() throws {
    try record(1).close()
    let recorder = try record(2)
    #expect(recorder.count == 3)
    let copy = folder.file("killed.hdf5")
    try FileManager.default.copyItem(atPath: path, toPath: copy)
    try FileManager.default.copyItem(atPath: path + ".journal", toPath: copy + ".journal")
    try recorder.close()
    try DemonstrationMasks.write(["bad": ["demo_2"]], to: copy)
    let store = try DemonstrationStore(reading: copy)
    #expect(store.names == ["demo_0", "demo_1", "demo_2"])
    #expect(store.journalCount == 0)
    #expect(try store.episodes(inMask: "bad") == [2])
  }

  @Test func `An episode that is taken back is gone for every reader, and its name is free`() throws
  {
    let recorder = try record(3)
    #expect(recorder.removableCount == 3)
    #expect(try recorder.removeLast() == "demo_2")
    #expect(try DemonstrationStore(reading: path).names == ["demo_0", "demo_1"])
    try recorder.append(Samples.episode(seed: 9, steps: 7))
    #expect(recorder.count == 3)
    for name in ["demo_2", "demo_1", "demo_0"] { #expect(try recorder.removeLast() == name) }
    #expect(
      message { try recorder.removeLast() }.contains("there is nothing to take back"))
    try recorder.append(Samples.episode(seed: 4, steps: 6))
    try recorder.close()
    #expect(try seen() == "[] ['demo_0'] 6")
    #expect(message { try recorder.removeLast() }.contains("is closed"))
  }
}
