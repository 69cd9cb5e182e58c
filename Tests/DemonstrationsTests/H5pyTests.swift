import Demonstrations
import EnvironmentInterface
import Foundation
import Imitation
import Naming
import TestSupport
import Testing

/// Another program reads what we write, and writes what we read.
@Suite(.enabled(if: Python.path != nil, "needs Python with h5py"))
struct H5pyTests {
  let folder: TemporaryFolder
  let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.file("arm.hdf5")
  }

  @Test func `h5py reads our files in robomimic's layout`() throws {
    let recorder = try DemonstrationRecorder(path: path, environment: Samples.environment)
    for seed in UInt64(0)..<3 { try recorder.append(Samples.episode(seed: seed, steps: 60)) }
    try recorder.close()
    let script = """
      import h5py, json, sys, hashlib, numpy as np
      f = h5py.File(sys.argv[1], "r")
      data = f["data"]
      env = json.loads(data.attrs["env_args"])
      demo = data["demo_1"]
      images = demo["obs/camera"]
      digest = hashlib.sha256()
      for name in sorted(data, key=lambda n: int(n[5:])):
        d = data[name]
        arrays = [("actions", d["actions"])] + [("obs/" + k, d["obs"][k]) for k in sorted(d["obs"])]
        for key, array in arrays + [(k, d[k]) for k in ("rewards", "dones", "states")]:
          line = " ".join([key, str(array.dtype)] + [str(n) for n in array.shape]) + "\\n"
          digest.update(line.encode() + array[()].tobytes())
      print(json.dumps({
        "names": list(data), "total": int(data.attrs["total"]),
        "env": [env["env_name"], env["type"], env["env_kwargs"]],
        "samples": int(demo.attrs["num_samples"]), "seed": int(demo.attrs["seed"]),
        "success": bool(demo.attrs["success"]), "behaviour": json.loads(demo.attrs["behaviour"]),
        "steps": [int(v) for v in demo.attrs["completion_steps"]],
        "who": [demo.attrs[k].decode() for k in ("recorded_by", "recorded_at")],
        "types": [str(demo[k].dtype) for k in ("actions", "rewards", "dones", "states")],
        "images": [str(images.dtype), list(images.shape), list(images.chunks),
                   images.compression, images.shuffle],
        "sum": float(np.abs(demo["obs/state"][()].astype("f8")).sum()),
        "last": [int(v) for v in demo["dones"][-2:]], "digest": digest.hexdigest(),
      }, sort_keys=True))
      """
    let output = try Python.output(script, path)
    let store = try DemonstrationStore(reading: path)
    guard case .float32(let states) = try store.episode(1).observations["state"]?.elements else {
      throw CocoaError(.fileReadCorruptFile)
    }
    let sum = states.reduce(0.0) { $0 + abs(Double($1)) }
    let object = try #require(
      JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any])
    #expect(abs(try #require(object["sum"] as? Double) - sum) < 1e-9)
    #expect(object["digest"] as? String == (try store.digest()))
    for part in [
      #""behaviour": {"first_block": "blue"}"#,
      #""env": ["arm", "swift-diffusion-policy", {"friction": 0.5, "toys": 3}]"#,
      #""images": ["uint8", [60, 4, 5, 3], [1, 4, 5, 3], "gzip", true]"#, #""last": [0, 1]"#,
      #""names": ["demo_0", "demo_1", "demo_2"]"#, #""samples": 60"#,
      #""seed": 18446744073709551614"#, #""steps": [1, -1]"#, #""success": false"#,
      #""total": 180"#, #""types": ["float32", "float32", "uint8", "float32"]"#,
      #""who": ["expert", "2026-01-02T03:04:05Z"]"#,
    ] {
      #expect(output.contains(part), "\(part)\nnot in\n\(output)")
    }
  }

  @Test func `h5py opens main file and journal while a recorder is at work`() throws {
    let recorder = try DemonstrationRecorder(path: path, environment: Samples.environment)
    for seed in UInt64(0)..<2 { try recorder.append(Samples.episode(seed: seed, steps: 4)) }
    let script = """
      import h5py, sys
      print(list(h5py.File(sys.argv[1], "r")["data"]))
      print(list(h5py.File(sys.argv[1] + ".journal/demo_1.hdf5", "r")["data"]))
      """
    #expect(try Python.output(script, path) == "[]\n['demo_1']\n")
    try recorder.close()
  }

  /// A file as robomimic and D4RL's converter write it: float64 and int64, truth values, texts of
  /// fixed length, an old file format, gaps in the numbering.
  private static let foreign = """
    import h5py, json, sys, numpy as np
    f = h5py.File(sys.argv[1], "w")
    data = f.create_group("data")
    data.attrs["total"] = 12
    data.attrs["env_args"] = np.bytes_(json.dumps({"env_name": "Lift", "type": 1, "env_kwargs": {}}))
    for name, n in (("demo_0", 5), ("demo_10", 4), ("demo_2", 3)):
      d = data.create_group(name)
      d.attrs["num_samples"] = np.int32(n)
      d.attrs["model_file"] = "<mujoco/>"
      d.create_dataset("actions", data=np.arange(n * 2, dtype="f8").reshape(n, 2) / 8)
      d.create_dataset("obs/object", data=np.arange(n, dtype="i8"), compression="gzip")
      d.create_dataset("obs/joints", data=np.full((n, 3), n, dtype=">f4"), compression="lzf")
      d.create_dataset("obs/points", data=np.ones((n, 2, 2), dtype="f2"))
      d.create_dataset("obs/image", data=np.full((n, 6, 7, 3), 200 + n, dtype="u1"))
      d.create_dataset("next_obs/object", data=np.arange(n))
      d.create_dataset("rewards", data=np.linspace(0, 1, n))
      d.create_dataset("dones", data=np.arange(n) == n - 1)
      d.create_dataset("states", data=np.zeros((n, 4)))
    f["mask/train"] = np.array([b"demo_0", b"demo_10"], dtype="S8")
    f.create_dataset("mask/valid", data=["demo_2"], dtype=h5py.string_dtype())
    """

  @Test func `A file that h5py wrote in robomimic's way is read`() throws {
    _ = try Python.output(Self.foreign.replacing(#", compression="lzf""#, with: ""), path)
    let store = try DemonstrationStore(reading: path)
    #expect(store.names == ["demo_0", "demo_2", "demo_10"])
    #expect(store.environment == nil)
    #expect(store.environmentName == "Lift")
    #expect(try store.episodes(inMask: "train") == [0, 2])
    #expect(try store.episodes(inMask: "valid") == [1])
    let episode = try store.episode(1)
    #expect(
      episode.actions
        == Series(shape: [2], elements: .float32([0, 0.125, 0.25, 0.375, 0.5, 0.625])))
    #expect(
      episode.observations == [
        "object": Series(shape: [1], elements: .float32([0, 1, 2])),
        "joints": Series(shape: [3], elements: .float32(.init(repeating: 3, count: 9))),
        "points": Series(shape: [2, 2], elements: .float32(.init(repeating: 1, count: 12))),
        "image": Series(shape: [6, 7, 3], elements: .uint8(.init(repeating: 203, count: 378))),
      ])
    #expect(episode.rewards == [0, 0.5, 1])
    #expect(episode.dones == [false, false, true])
    #expect(episode.states?.shape == [4])
    #expect(store.verify().problems == [])

    let spaces = try store.spaces()
    #expect(spaces.observations.map(\.name) == ["image", "joints", "object", "points"])
    #expect(spaces.observations[0].elementType == .uint8)
    #expect(spaces.observations[2] == Space("object", [Space.Component("0", from: 0, to: 4)]))
    #expect(spaces.action.components.map(\.high) == [1, 1.125])
    let windows = try WindowDataset(store)
    #expect(windows.normalizer.observationNames == ["joints", "object", "points"])
    #expect(windows.notes.leftOut.map(\.name) == ["image"])
    #expect(windows.count == 12)
    let points = try WindowDataset(store, observations: ["points", "object"])
    #expect(points.stepObservationWidth == 5)
  }

  @Test func `Our recorder does not add to it`() throws {
    _ = try Python.output(Self.foreign.replacing(#", compression="lzf""#, with: ""), path)
    let error = #expect(throws: DemonstrationError.self) {
      try DemonstrationRecorder(path: path, environment: Samples.environment)
    }
    #expect("\(try #require(error))".contains("no description of its environment"))
  }

  @Test func `A compression that HDF5 lacks is named with its place`() throws {
    _ = try Python.output(Self.foreign, path)
    let error = #expect(throws: DemonstrationError.self) {
      try DemonstrationStore(reading: path).episode(0, observations: ["joints"])
    }
    #expect(
      "\(try #require(error))" == "\(path), demo_0, dataset 'obs/joints': HDF5 cannot read this: "
        + "it is compressed with 'lzf', which this HDF5 lacks; use gzip")
  }
}
