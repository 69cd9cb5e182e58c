import Demonstrations
import EnvironmentInterface
import Foundation
import TestSupport
import Testing

/// Files that other programs write: what is not asked for never stands in the way, what is not
/// there is never a number, and what is left out is said.
@Suite(.enabled(if: Python.path != nil, "needs Python with h5py"))
struct ForeignFileTests {
  let folder: TemporaryFolder
  let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.file("foreign.hdf5")
  }

  /// Writes 4 episodes of 6 steps with `obs/pos` (steps × 2) and `actions`; then `episode` runs for
  /// each (`g`, `i`, `x`, `a`), and `file` (`f`) at the end.
  private func write(episode: String = "pass", file: String = "pass") throws {
    let script = """
      import h5py, sys, os, numpy as np
      folder = os.path.dirname(sys.argv[1])
      os.chdir("/")
      f = h5py.File(sys.argv[1], "w")
      for i in range(4):
        x = np.arange(12, dtype="f4").reshape(6, 2) / 8 + i
        a = x * 2
        g = f.create_group(f"data/demo_{i}")
        g.attrs["num_samples"] = 6
        g["obs/pos"] = x
        g["actions"] = a
        exec(sys.argv[2])
      exec(sys.argv[3])
      f.close()
      """
    _ = try Python.output(script, path, episode, file)
  }

  /// What is read of the first episode's `obs/pos`.
  private let expected = Series(shape: [2], elements: .float32((0..<12).map { Float($0) / 8 }))

  private func message(_ body: () throws -> Void) throws -> String {
    "\(try #require(#expect(throws: DemonstrationError.self) { try body() }))"
  }

  @Test(arguments: [
    ("g['states/robot/pose'] = np.zeros((6, 7))", "states"),
    ("g['states'] = np.zeros((6, 20 + i))", "states"),
    ("g['states'] = np.zeros((56, 20))", "states"),
    ("g['states'] = np.full((6, 3), np.nan)", "states"),
    ("g['rewards'] = np.full(6, np.nan)", "rewards"),
    ("g['rewards'] = np.zeros((6, 2))", "rewards"),
    ("g['rewards'] = np.zeros(7)", "rewards"),
    ("g['obs/lang'] = np.array([b'open'] * 6)", "obs/lang"),
    ("g['obs/task'] = 3", "obs/task"),
    ("g['obs/embedding'] = np.zeros(16)", "obs/embedding"),
    ("g['obs/meta'] = np.zeros(6, dtype=[('t', 'f8'), ('id', 'i4')])", "obs/meta"),
    ("g.create_dataset('obs/jpeg', (6,), dtype=h5py.vlen_dtype('u1'))", "obs/jpeg"),
    ("g['obs/none'] = np.zeros((6, 0))", "obs/none"),
    ("g['obs/complex'] = x.astype('c8')", "obs/complex"),
    ("g['obs/gone'] = h5py.SoftLink('/nowhere')", "obs/gone"),
    ("g['obs/other'] = h5py.ExternalLink('/etc/passwd', '/x')", "obs/other"),
    ("g['obs/empty'] = h5py.Empty('f4')", "obs/empty"),
    ("g['obs/type'] = np.dtype('f4')", "obs/type"),
    ("g.attrs['seed'] = 'None'", "attribute 'seed'"),
    ("g.attrs['seed'] = -1", "attribute 'seed'"),
    ("g.attrs['success'] = 'True'", "attribute 'success'"),
    ("g.attrs['behaviour'] = 'left'", "attribute 'behaviour'"),
  ])
  func `A part that cannot be used is listed and stops nothing`(
    code: String, part: String
  ) throws {
    try write(episode: code)
    let store = try DemonstrationStore(reading: path)
    #expect(try store.episode(0).observations["pos"] == expected)
    let summary = try store.summary()
    #expect(summary.unused.map(\.name) == [part])
    #expect(summary.observations.map(\.space.name).contains("pos"))
    #expect(store.verify().problems == [])
    #expect(try store.observations(of: [0, 1, 2, 3]).first { $0.name == "pos" }?.problem == nil)
  }

  @Test(arguments: [
    ("f['mask/train'] = np.arange(3)", "mask/train"),
    ("f['mask/valid'] = h5py.Empty('S8')", "mask/valid"),
    ("f['mask/valid'] = np.array([b'demo_0', b'demo_77'])", "mask/valid"),
    ("f['mask'] = np.arange(3)", "mask"),
    ("f['data/episode_ends'] = np.arange(6)", "data/episode_ends"),
    ("f.create_group('data/meta').attrs['x'] = 1", "data/meta"),
  ])
  func `Masks and members that are something else are listed and stop nothing`(
    code: String, part: String
  ) throws {
    try write(file: code)
    let store = try DemonstrationStore(reading: path)
    #expect(store.names == (0..<4).map { "demo_\($0)" })
    #expect(try store.summary().unused.map(\.name) == [part])
    #expect(store.maskNames == [])
    #expect(store.verify().problems == [])
  }

  @Test func `Masks in groups, of two dimensions and with a name twice are used`() throws {
    try write(
      file: """
        f['mask/core/train'] = np.array([b'demo_3', b'demo_1'])
        f['mask/flat'] = np.array([[b'demo_0'], [b'demo_2']])
        f['mask/twice'] = np.array([b'demo_2', b'demo_2', b'demo_1'])
        f['data'].attrs['env_args'] = h5py.Empty('S1')
        """)
    let store = try DemonstrationStore(reading: path)
    #expect(store.maskNames == ["core/train", "flat", "twice"])
    #expect(try store.episodes(inMask: "core/train") == [1, 3])
    #expect(try store.episodes(inMask: "flat") == [0, 2])
    #expect(try store.episodes(inMask: "twice") == [1, 2])
    #expect(store.environmentName == nil)
  }

  @Test func `Observations in groups have their path as their name`() throws {
    try write(episode: "g['obs/robot/arm/pose'] = np.full((6, 3, 3), i)")
    let store = try DemonstrationStore(reading: path)
    #expect(try store.observationNames() == ["pos", "robot/arm/pose"])
    let pose = try store.episode(2, observations: ["robot/arm/pose"]).observations
    #expect(
      pose == [
        "robot/arm/pose": Series(shape: [3, 3], elements: .float32(.init(repeating: 2, count: 54)))
      ])
    #expect(try store.summary().observations.map(\.space.name) == ["pos", "robot/arm/pose"])
  }

  @Test func `The observation behind the last action is left away, and that is said`() throws {
    try write(episode: "del g['obs/pos']; g['obs/pos'] = np.concatenate([x, x[-1:]])")
    let store = try DemonstrationStore(reading: path)
    #expect(try store.episode(0).observations["pos"] == expected)
    #expect(try store.summary().observations[0].longer == 4)
  }

  @Test(arguments: [("i > 0", "demo_0"), ("i < 3", "demo_3")])
  func `An observation that one episode lacks is named with it`(has: String, lacking: String) throws
  {
    try write(episode: "if \(has): g['obs/vel'] = x")
    let store = try DemonstrationStore(reading: path)
    let summary = try store.summary()
    #expect(summary.observations.map(\.lacking) == [nil, lacking])
    #expect(summary.observations.map(\.episodes) == [4, 3])
    let keys = try store.observations(of: [0, 1, 2, 3])
    #expect(keys.first { $0.name == "vel" }?.lacking == lacking)
    #expect(try store.observations(of: [1, 2]).allSatisfy { $0.lacking == nil })
  }

  @Test(arguments: ["i > 0", "i < 3"])
  func `An observation of bytes in one episode and of numbers in another is named`(
    isFloat: String
  ) throws {
    try write(
      episode: "if not (\(isFloat)): del g['obs/pos']; g['obs/pos'] = (x * 10).astype('u1')")
    let store = try DemonstrationStore(reading: path)
    let reason = try #require(store.summary().unused.first?.reason)
    #expect(reason.contains("uint8") && reason.contains("float32"), "\(reason)")
    let text = try message {
      try store.forEachInput(of: [0, 1, 2, 3], observations: ["pos"]) { _, _, _ in }
    }
    #expect(text.contains("dataset 'obs/pos': holds"), "\(text)")
  }

  @Test func `Numbers beyond 32 bits are read as they are`() throws {
    try write(
      episode: """
        del g['actions']
        g['actions'] = np.stack([np.full(6, 1e300), 4.2e6 + 0.1 * np.arange(6)], 1)
        g['obs/ticks'] = np.arange(6) + 2**40 + 1
        """)
    let episode = try DemonstrationStore(reading: path).episode(0)
    let expected = (0..<6).flatMap { [1e300, 4.2e6 + 0.1 * Double($0)] }
    #expect(episode.actions.elements == .float64(expected))
    let ticks = (0..<6).map { Double(1 << 40) + 1 + Double($0) }
    #expect(episode.observations["ticks"]?.elements == .float64(ticks))
    let action = try #require(DemonstrationStore(reading: path).summary().action)
    #expect(action.high[0] == 1e300)
  }

  @Test func `One glitch in a column is found with its place`() throws {
    try write(
      episode: """
        if i == 2:
          del g['actions'], g['obs']
          g.attrs['num_samples'] = 2000
          glitch = np.sin(np.arange(4000.0)).reshape(2000, 2)
          glitch[1234, 1] = 1e6
          g['actions'] = glitch; g['obs/pos'] = glitch * 0
        """)
    let outlying = try #require(DemonstrationStore(reading: path).summary().action).outlying
    #expect(outlying.count == 1)
    #expect(outlying.first?.index == 1)
    #expect(outlying.first?.count == 1)
    #expect(outlying.first?.value == 1e6)
    #expect(outlying.first?.episode == "demo_2")
    #expect(outlying.first?.step == 1234)
  }
}
