import Demonstrations
import EnvironmentInterface
import Foundation
import TestSupport
import Testing

/// Damage that HDF5 itself would not notice, or would not survive.
@Suite struct ChecksumTests {
  let folder: TemporaryFolder
  let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.file("arm.hdf5")
    let recorder = try DemonstrationRecorder(path: path, environment: Samples.environment)
    for seed in UInt64(0)..<3 { try recorder.append(Samples.episode(seed: seed, steps: 60)) }
    try recorder.close()
  }

  /// Changes the file by h5py, which keeps the checksums that the format itself has.
  private func change(_ statement: String) throws {
    _ = try Python.output(
      "import h5py, sys, numpy as np\nf = h5py.File(sys.argv[1], 'r+'); data = f['data']\n"
        + statement, path)
  }

  @Test(
    .enabled(if: Python.path != nil, "needs Python with h5py"),
    arguments: [
      ("data['demo_1/actions'][3, 1] += 1e-6", "dataset 'actions': .*numbers do not match"),
      ("data['demo_1/dones'][0] = 1", "dataset 'dones': .*numbers do not match"),
      ("data['demo_1/obs/camera'][7, 0, 0, 0] ^= 1", "dataset 'obs/camera': .*do not match"),
      ("data['demo_1'].attrs.modify('seed', np.uint64(5))", "demo_1: .*seed.* do not match"),
      ("del data['demo_1'].attrs['recorded_by']", "demo_1: .*'recorded_by' is missing"),
    ])
  func `A change that h5py makes is noticed and stays in its episode`(
    statement: String, message: String
  ) throws {
    try change(statement)
    let store = try DemonstrationStore(reading: path)
    let error = #expect(throws: DemonstrationError.self) { try store.episode(1) }
    let text = "\(try #require(error))"
    #expect(try text.contains(Regex(message)), "\(text)")
    #expect(store.verify().problems == [text])
    #expect(try store.episode(0) == Samples.episode(seed: 0, steps: 60))
    #expect(try store.episode(2) == Samples.episode(seed: 2, steps: 60))
  }

  @Test(.enabled(if: Python.path != nil, "needs Python with h5py"))
  func `What is not read is not compared`() throws {
    try change("data['demo_1/obs/camera'][7, 0, 0, 0] ^= 1")
    let store = try DemonstrationStore(reading: path)
    #expect(try store.episode(1, observations: ["state"]).count == 60)
    #expect(throws: DemonstrationError.self) { try store.episode(1, observations: ["camera"]) }
  }

  @Test(.enabled(if: Python.path != nil, "needs Python with h5py"))
  func `A changed description of the environment is noticed`() throws {
    try change("data.attrs.modify('env_args', np.bytes_('{}'.ljust(200)))")
    #expect(throws: DemonstrationError.self) { try DemonstrationStore(reading: path) }
  }

  @Test(.enabled(if: Python.path != nil, "needs Python with h5py"))
  func `A verification says what it compared`() throws {
    #expect(
      try DemonstrationStore(reading: path).verify().method
        == "numbers compared with their checksums")
    try change("del data['demo_1/actions'].attrs['checksum']; data['demo_1/actions'][0, 0] = 7")
    #expect(
      try DemonstrationStore(reading: path).verify().method
        == "17 arrays compared with their checksums; 1 of an earlier version without: read, "
        + "finite, of one shape")
    try change("f.visititems(lambda name, o: o.attrs.pop('checksum', None) and None)")
    #expect(
      try DemonstrationStore(reading: path).verify().method
        == "a file of an earlier version without checksums: read, finite, of one shape")
    try change("del data.attrs['environment_description']")
    let foreign = try DemonstrationStore(reading: path).verify()
    #expect(foreign.problems == [])
    #expect(
      foreign.method == "a foreign file without checksums: read, finite, of one shape")
  }

  @Test(.enabled(if: Python.path != nil, "needs Python with h5py"))
  func `Python computes the same checksums, and finds nothing that varies in length`() throws {
    try DemonstrationMasks.write(["good": ["demo_0", "demo_2"], "none": []], to: path)
    let script = """
      import h5py, sys, hashlib, numpy as np
      counts = [0, 0]
      def text(dtype):
        size = dtype.itemsize
        return f"S{size}" if dtype.kind == "S" else str(dtype)
      def visit(name, o):
        for key in o.attrs:
          assert o.attrs.get_id(key).dtype.kind != "O", (name, key)
        if isinstance(o, h5py.Dataset):
          line = " ".join([text(o.dtype)] + [str(n) for n in o.shape]) + "\\n"
          digest = hashlib.sha256(line.encode() + o[()].tobytes()).hexdigest()
          assert o.attrs["checksum"].decode() == "sha256:" + digest, name
          assert o.chunks is None or o.fletcher32, name
          counts[0] += 1
        elif "checksum" in o.attrs:
          digest, names = o.attrs["checksum"].decode().split(" of ")
          parts = b""
          for key in names.split(" "):
            value = np.empty(o.attrs.get_id(key).shape, o.attrs.get_id(key).dtype)
            o.attrs.get_id(key).read(value)
            parts += key.encode() + b"\\n" + value.tobytes()
          assert digest == "sha256:" + hashlib.sha256(parts).hexdigest(), name
          counts[1] += 1
      h5py.File(sys.argv[1], "r").visititems(visit)
      print(*counts)
      """
    // Six arrays an episode and two masks; the group of all episodes and one an episode.
    #expect(try Python.output(script, path) == "20 4\n")
    let store = try DemonstrationStore(reading: path)
    #expect(store.maskNames == ["good", "none"])
    #expect(try store.episodes(inMask: "good") == [0, 2])
    #expect(try store.episodes(inMask: "none") == [])
  }

  @Test func `A file whose last bytes cannot be written is no success`() async throws {
    let path = folder.file("large.hdf5")
    await #expect(processExitsWith: .success) { [path = path as String] in
      signal(SIGXFSZ, SIG_IGN)
      var limit = rlimit(rlim_cur: 40_000, rlim_max: rlim_t(Int32.max))
      setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
      #expect(throws: (any Error).self) {
        try HDF5File.create(path) { root in
          try root.write("numbers", dimensions: [40_000], (0..<40_000).map { sin(Float($0)) })
        }
      }
    }
  }
}
