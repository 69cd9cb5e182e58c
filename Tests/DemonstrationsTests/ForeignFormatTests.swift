import Demonstrations
import EnvironmentInterface
import Foundation
import Imitation
import TestSupport
import Testing

/// What other tools keep demonstrations in: read where it is HDF5 and certain, told in one line
/// otherwise.
@Suite(.enabled(if: Python.path != nil, "needs Python with h5py"))
struct ForeignFormatTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Writes with h5py; `x` are 30 steps of two numbers, `a` twice as much.
  private func write(_ code: String) throws {
    let script = """
      import h5py, sys, os, numpy as np
      os.chdir(sys.argv[1])
      x = np.arange(60, dtype="f4").reshape(30, 2) / 10
      a = 2 * x
      exec(sys.argv[2])
      """
    _ = try Python.output(script, folder.path, code)
  }

  private func complaint(_ name: String) -> String {
    message { _ = try DemonstrationStore(reading: folder.file(name)) }
  }

  /// The values of `x` for some steps, times a factor.
  private func values(_ steps: Range<Int>, times factor: Float = 1) -> Series {
    var numbers: [Float] = []
    for number in 2 * steps.lowerBound..<2 * steps.upperBound {
      numbers.append(Float(number) / 10 * factor)
    }
    return Series(shape: [2], elements: .float32(numbers))
  }

  @Test(arguments: [
    // Ends after steps 9 and 21: by either mark, or where what follows is not what was led to.
    "f['terminals'] = np.arange(30) == 9; f['timeouts'] = np.arange(30) == 21",
    "n = np.roll(x, -1, 0); n[9] = 77; n[21] = 77; f['next_observations'] = n; "
      + "f['terminals'] = np.arange(30) == 9",
  ])
  func `a table of all steps is cut into its episodes`(marks: String) throws {
    try write(
      """
      with h5py.File("flat.hdf5", "w") as f:
        f["observations"] = x; f["actions"] = a; f["rewards"] = np.arange(30.0)
        f["infos/qpos"] = x
        \(marks)
      """)
    let store = try DemonstrationStore(reading: folder.file("flat.hdf5"))
    #expect(store.names == ["demo_0", "demo_1", "demo_2"])
    for (index, steps) in [0..<10, 10..<22, 22..<30].enumerated() {
      let episode = try store.episode(index)
      #expect(episode.observations == ["observations": values(steps)])
      #expect(episode.actions == values(steps, times: 2))
      #expect(episode.rewards == steps.map { Float($0) })
    }
    let verification = store.verify()
    #expect(verification.isSound && verification.summary.unused.contains { $0.name == "infos" })
    #expect(try WindowDataset(store).normalizer.observationNames == ["observations"])
    // Nothing of it is a link: pages may see it.
    #expect(
      try DemonstrationStore(reading: folder.file("flat.hdf5"), following: .nowhere).count == 3)
  }

  @Test func `a table that does not say where episodes end is told so`() throws {
    try write(
      """
      with h5py.File("ends.hdf5", "w") as f:
        f["observations"] = x; f["actions"] = a; f["terminals"] = np.zeros(30, bool)
      with h5py.File("short.hdf5", "w") as f:
        f["observations"] = x[:9]; f["actions"] = a; f["timeouts"] = np.zeros(30, bool)
      """)
    #expect(
      complaint("ends.hdf5").contains("does not say where all episodes end (no 'timeouts')"))
    #expect(complaint("short.hdf5").contains("'observations' has 9 steps, but 'actions' 30"))
  }

  @Test func `a folder of ALOHA's episodes is one store, in the order of their numbers`() throws {
    try write(
      """
      os.mkdir("aloha")
      for i, steps in ((0, 5), (2, 4), (10, 3)):
        with h5py.File(f"aloha/episode_{i}.hdf5", "w") as f:
          f["action"] = a[i:i + steps]; f["observations/qpos"] = x[i:i + steps]
          f["observations/images/top"] = np.full((steps, 8, 8, 3), i, "u1")
          f.attrs["sim"] = True
      """)
    let path = folder.file("aloha")
    let store = try DemonstrationStore(reading: path)
    #expect(try store.observationNames() == ["images/top", "qpos"])
    for (index, (first, steps)) in [(0, 5), (2, 4), (10, 3)].enumerated() {
      let episode = try store.episode(index)
      #expect(episode.actions == values(first..<first + steps, times: 2))
      #expect(episode.observations["qpos"] == values(first..<first + steps))
      #expect(
        episode.observations["images/top"]?.elements
          == .uint8(.init(repeating: UInt8(first), count: steps * 192)))
    }
    #expect(store.verify().problems == [])
    let windows = try WindowDataset(store, observations: ["qpos", "images/top"])
    #expect(windows.count == 12 && windows.normalizer.images.count == 1)
    // One of them alone is one episode.
    #expect(try DemonstrationStore(reading: path + "/episode_2.hdf5").episode(0).count == 4)
    #expect(
      message { _ = try DemonstrationStore(reading: path, following: .nowhere) }
        .contains("a folder of ACT or ALOHA episodes"))
  }

  @Test func `episodes at the root and Minari's are read`() throws {
    try write(
      """
      with h5py.File("root.hdf5", "w") as f:
        for i in range(2): f[f"demo_{i}/actions"] = a; f[f"demo_{i}/obs/x"] = x
      with h5py.File("main_data.hdf5", "w") as f:
        for i in (10, 9):
          f[f"episode_{i}/actions"] = a[:i]; f[f"episode_{i}/observations"] = x[:i + 1]
          f[f"episode_{i}/rewards"] = np.ones(i)
      """)
    let root = try DemonstrationStore(reading: folder.file("root.hdf5"))
    #expect(try root.count == 2 && root.episode(1).observations["x"] == values(0..<30))
    let minari = try DemonstrationStore(reading: folder.file("main_data.hdf5"))
    #expect(try (0..<2).map { try minari.episode($0).count } == [9, 10])
    #expect(try minari.episode(0).observations["observations"] == values(0..<9))
  }

  @Test func `a link of such a file out of its folder is not followed`() throws {
    let other = try TemporaryFolder()
    try write(
      """
      with h5py.File("\(other.file("secret.hdf5"))", "w") as f: f["x"] = x
      with h5py.File("root.hdf5", "w") as f:
        f["demo_0/actions"] = a
        f["demo_0/obs/x"] = h5py.ExternalLink("\(other.file("secret.hdf5"))", "/x")
      """)
    let store = try DemonstrationStore(reading: folder.file("root.hdf5"))
    #expect(try store.episode(0).observations.isEmpty)
    #expect(try store.summary().unused[0].reason.contains("outside the file's own folder"))
  }

  @Test func `every other format is told in one line with what helps`() throws {
    try write(
      """
      os.makedirs("lerobot/meta"); os.makedirs("empty/meta"); os.makedirs("noaction/meta")
      open("lerobot/meta/info.json", "w").write('{"codebase_version": "v2.1", '
        '"total_episodes": 7, "features": {"action": {}, "observation.state": {}}}')
      open("noaction/meta/info.json", "w").write('{"codebase_version": "v3.0", '
        '"features": {"actions": {}}}')
      open("empty/meta/info.json", "w").write("")
      os.makedirs("lone.zarr/meta/episode_ends"); open("lone.zarr/.zgroup", "w").write("{}")
      os.makedirs("buffer.zarr/meta/episode_ends"); os.makedirs("buffer.zarr/data")
      open("buffer.zarr/.zgroup", "w").write("{}")
      os.makedirs("three.zarr"); open("three.zarr/zarr.json", "w").write("{}")
      os.makedirs("bag"); open("bag/metadata.yaml", "w").write("rosbag2_bagfile_information:\\n")
      os.makedirs("minari/data"); open("minari/data/main_data.hdf5", "w")
      os.makedirs("nothing")
      open("a.mcap", "wb").write(b"\\x89MCAP0\\r\\n" + bytes(40))
      open("a.bag", "wb").write(b"#ROSBAG V2.0\\n" + bytes(40))
      open("a.db3", "wb").write(b"SQLite format 3\\0" + bytes(40))
      open("a.parquet", "wb").write(b"PAR1" + bytes(40))
      open("a.npz", "wb").write(b"PK\\x03\\x04" + bytes(40))
      open("a.csv", "w").write("x,action\\n1,2\\n")
      os.mkdir("tables"); open("tables/1.csv", "w").write("x,action\\n1,2\\n")
      open("a.npy", "wb").write(b"\\x93NUMPY" + bytes(40))
      open("a.pkl", "wb").write(b"\\x80\\x04" + bytes(40))
      h5py.File("mocap.h5", "w")["cmu_001/walkers/q"] = x
      """)
    for (name, words) in [
      ("lerobot", "is a LeRobot dataset (v2.1, 7 episodes), which is not read as it is"),
      ("noaction", "is a LeRobot dataset (v3.0), which is not read as it is: it has no 'action'"),
      ("empty", "its meta/info.json does not say which version"),
      ("lone.zarr", "has no 'data': there are no actions to learn"),
      ("buffer.zarr", "is a zarr replay buffer (v2, as diffusion_policy keeps it)"),
      ("three.zarr", "is zarr (v3)"),
      ("bag", "is a recording of messages"), ("minari", "is a Minari dataset"),
      ("nothing", "cannot be opened: it is a folder"),
      ("a.mcap", "choose the topics that are observations and actions"),
      ("a.bag", "is a recording of messages"), ("a.db3", "is a recording of messages"),
      ("a.parquet", "is a parquet file"), ("a.npz", "is a zip archive"),
      ("a.npz", "dpolicy-convert"), ("a.csv", "is a CSV table"),
      ("tables", "is a folder of CSV tables"), ("a.npy", "is a NumPy array"),
      ("a.pkl", "a pickle, which may run anything"),
      ("mocap.h5", "has no 'data'"),
    ] {
      let text = complaint(name)
      #expect(text.hasPrefix(folder.file(name) + ": ") && text.contains(words), "\(text)")
      #expect(!text.contains("\n"))
    }
  }
}
