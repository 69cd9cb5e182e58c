import Demonstrations
import EnvironmentInterface
import Foundation
import TestSupport
import Testing

/// Files with flipped bits: two that HDF5 1.10 does not survive, and every part of ours.
@Suite struct DamagedFileTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// A copy of a fixture, for damaged files are looked at by processes that might write.
  private func copy(_ name: String) throws -> String {
    let fixtures = Bundle.module.bundleURL.appendingPathComponent("Fixtures")
    for name in [name, "\(name).journal"] {
      let source = fixtures.appendingPathComponent(name).path
      guard FileManager.default.fileExists(atPath: source) else { continue }
      try FileManager.default.copyItem(atPath: source, toPath: folder.file(name))
    }
    return folder.file(name)
  }

  @Test func `What crashes HDF5 is named, and this process lives on`() throws {
    let path = try copy("crashes.hdf5")
    let store = try DemonstrationStore(reading: path)
    let problems = store.verify().problems
    let crash =
      "\(path), demo_0: HDF5 cannot read this: the library crashes on it (attribute 'recorded_at')"
    #expect(problems.contains(crash), "\(problems)")
    #expect(message { _ = try store.episode(0) } == crash)
  }

  @Test func `What hangs HDF5 is named within seconds and set aside by the next recorder`() throws {
    let path = try copy("hangs.hdf5")
    let start = ContinuousClock.now
    let store = try DemonstrationStore(reading: path)
    #expect(store.count == 6)
    for index in 0..<5 { #expect(try store.episode(index).count > 0) }
    let text = message { _ = try store.episode(5) }
    #expect(text.contains("demo_5.hdf5: HDF5 cannot read this: the library hangs on it"), "\(text)")

    let recorder = try DemonstrationRecorder(
      path: path, environment: try #require(store.environment))
    #expect(recorder.count == 5)
    #expect(
      recorder.setAside.map { "\($0)" } == [
        "\(text); the damaged episode was set aside as "
          + "\(path).journal/demo_5.hdf5.damaged"
      ])
    try recorder.close()
    #expect(ContinuousClock.now - start < .seconds(20))
    #expect(try DemonstrationStore(reading: path).verify().problems == [])
  }

  @Test(.enabled(if: Python.path != nil, "needs Python"))
  func `A group that cannot be opened is damage, and not an episode that has seen nothing`() throws
  {
    let path = folder.file("arm.hdf5")
    let recorder = try DemonstrationRecorder(path: path, environment: Samples.environment)
    for seed in UInt64(0)..<2 { try recorder.append(Samples.episode(seed: seed, steps: 30)) }
    try recorder.close()
    let script = """
      import h5py, sys
      with h5py.File(sys.argv[1]) as file:
        print(h5py.h5o.get_info(file["data/demo_1/obs"].id).addr)
      """
    let text = try Python.output(script, path)
    let address = try #require(Int(text.trimmingCharacters(in: .whitespacesAndNewlines)))
    var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    bytes[bytes.startIndex + address] ^= 0x10
    try bytes.write(to: URL(fileURLWithPath: path))
    let store = try DemonstrationStore(reading: path)
    #expect(message { _ = try store.episode(1) }.contains("demo_1"))
    #expect(message { _ = try store.summary() }.contains("demo_1"))
    #expect(!store.verify().problems.isEmpty)
  }

  @Test func `A flipped bit of a file of ours is noticed wherever it is`() throws {
    let path = folder.file("arm.hdf5")
    let recorder = try DemonstrationRecorder(path: path, environment: Samples.environment)
    for seed in UInt64(0)..<2 { try recorder.append(Samples.episode(seed: seed, steps: 30)) }
    try recorder.close()
    try DemonstrationMasks.write(["good": ["demo_1"]], to: path)
    let whole = try folder.bytes("arm.hdf5")
    let sound = try DemonstrationStore(reading: path).verify()
    #expect(sound.problems == [])
    var unnoticed: [Int] = []
    for bit in stride(from: 3, to: 8 * whole.count, by: 8 * whole.count / 400 | 1) {
      var bytes = whole
      bytes[bit / 8] ^= 1 << (bit % 8)
      try folder.write(bytes, to: "flipped.hdf5")
      let problems =
        (try? DemonstrationStore(reading: folder.file("flipped.hdf5")).verify().problems) ?? [
          "open"
        ]
      if problems.isEmpty { unnoticed.append(bit) }
    }
    #expect(unnoticed == [])
  }
}
