import Demonstrations
import EnvironmentInterface
import Foundation
import TestSupport
import Testing

/// Values that were never stored, or lie in another file: never zero, and never followed further
/// than allowed.
@Suite(.enabled(if: Python.path != nil, "needs Python with h5py"))
struct UnwrittenTests {
  let folder: TemporaryFolder
  let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.file("data.hdf5")
  }

  /// Writes an episode of 8 steps whose `obs/pos` is what `code` makes of `x` (steps × 2).
  private func write(_ code: String) throws {
    let script = """
      import h5py, sys, os, numpy as np
      os.chdir(os.path.dirname(sys.argv[1]))
      f = h5py.File(os.path.basename(sys.argv[1]), "w")
      g = f.create_group("data/demo_0")
      x = np.arange(16, dtype="f4").reshape(8, 2)
      g["actions"] = x
      o = g.create_group("obs")
      def low(name, shape, fill=None, layout=None, time=None, external=None):
        p = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        if layout: p.set_chunk(layout)
        if time is not None: p.set_fill_time(time)
        if fill is not None: p.set_fill_value(np.array(fill, "f4"))
        for e in external or []: p.set_external(*e)
        return h5py.h5d.create(o.id, name, h5py.h5t.IEEE_F32LE, h5py.h5s.create_simple(shape), p)
      def virtual(file, shape=(8, 2), source=(8, 2)):
        v = h5py.VirtualLayout(shape=(8, 2), dtype="f4")
        v[:shape[0]] = h5py.VirtualSource(file, "values", shape=source)[:shape[0]]
        o.create_virtual_dataset("pos", v)
      exec(sys.argv[2])
      f.close()
      """
    _ = try Python.output(script, path, code)
  }

  private func read(following links: LinkPolicy = .ownFolder) throws -> Series? {
    let store = try DemonstrationStore(reading: path, following: links)
    return try store.episode(0, observations: ["pos"]).observations["pos"]
  }

  private let whole = Series(shape: [2], elements: .float32((0..<16).map { Float($0) }))

  @Test(arguments: [
    ("o.create_dataset('pos', (8, 2), 'f4')", "it was never written"),
    (
      "d = o.create_dataset('pos', (8, 2), 'f4', chunks=(4, 2)); d[:4] = x[:4]",
      "1 of its 2 chunks were never written, the first of them at step 4"
    ),
    (
      "import zlib; d = o.create_dataset('pos', (8, 2), 'f4', chunks=(1 << 28, 2), "
        + "maxshape=(None, 2), compression='gzip'); "
        + "d.id.write_direct_chunk((0, 0), zlib.compress(x.tobytes()))",
      "a chunk of it would have 2147483648 bytes, more than its file can hold"
    ),
    (
      "low(b'pos', (8, 2), layout=(8, 2), time=h5py.h5d.FILL_TIME_NEVER)", "it was never written"
    ),
    (
      "low(b'pos', (8, 2), fill=1, layout=(8, 2), time=h5py.h5d.FILL_TIME_NEVER)",
      "it was never written"
    ),
    (
      "low(b'pos', (8, 2), external=[(b'gone.bin', 0, h5py.h5f.UNLIMITED)])",
      "the file of its values, 'gone.bin', cannot be opened: no such file or directory"
    ),
    (
      "open('short.bin', 'wb').write(b'x' * 16); "
        + "low(b'pos', (8, 2), external=[(b'short.bin', 0, h5py.h5f.UNLIMITED)])",
      "the file of its values, 'short.bin', has 16 bytes, but 64 are promised"
    ),
    (
      "virtual('gone.h5')",
      "its source 'values' in 'gone.h5' cannot be opened: no such file or directory"
    ),
    (
      "h5py.File('other.h5', 'w')['else'] = x; virtual('other.h5')",
      "its source 'values' in 'other.h5' is not there"
    ),
    (
      "h5py.File('src.h5', 'w')['values'] = x[:6]; virtual('src.h5')",
      "its source 'values' in 'src.h5' has shape [6, 2], but [8, 2] is taken from it"
    ),
    (
      "h5py.File('src.h5', 'w')['values'] = x; virtual('src.h5', (5, 2))",
      "its sources cover 10 of its 16 values"
    ),
    (
      "h5py.File('src.h5', 'w').create_dataset('values', (8, 2), 'f4'); virtual('src.h5')",
      "its source 'values' in 'src.h5': it was never written"
    ),
  ])
  func `What was never stored is refused with its name`(code: String, reason: String) throws {
    try write(code)
    let expected = "\(path), demo_0, dataset 'obs/pos': its values are not there: \(reason)"
    let error = #expect(throws: DemonstrationError.self) { try read() }
    #expect("\(try #require(error))" == expected)
    let store = try DemonstrationStore(reading: path)
    #expect(store.verify().problems == [expected])
    #expect(try store.episode(0).observations.isEmpty)
    #expect(try store.summary().unused.map(\.name) == ["obs/pos"])
  }

  @Test(arguments: [
    "o['pos'] = x",
    "o.create_dataset('pos', data=x, chunks=(3, 2), compression='gzip')",
    "x.tofile('whole.bin'); low(b'pos', (8, 2), external=[(b'whole.bin', 0, 64)])",
    "x.tofile('two.bin'); "
      + "low(b'pos', (8, 2), external=[(b'two.bin', 0, 24), (b'two.bin', 24, h5py.h5f.UNLIMITED)])",
    "h5py.File('src.h5', 'w')['values'] = x; virtual('src.h5')",
    "h5py.File('src.h5', 'w')['values'] = x; o['pos'] = h5py.ExternalLink('src.h5', '/values')",
    "f['elsewhere'] = x; o['pos'] = h5py.SoftLink('/elsewhere')",
  ])
  func `What is there is read, wherever in the folder it lies`(code: String) throws {
    try write(code)
    #expect(try read() == whole)
    #expect(try DemonstrationStore(reading: path).verify().problems == [])
  }

  @Test func `A fill value that the writer chose stands for what was not written`() throws {
    try write(
      "d = o.create_dataset('pos', (8, 2), 'f4', chunks=(4, 2), fillvalue=7); d[:4] = x[:4]")
    let expected = (0..<8).map { Float($0) } + [Float](repeating: 7, count: 8)
    #expect(try read() == Series(shape: [2], elements: .float32(expected)))
  }

  /// Values outside of the file's folder, by each way that leads there.
  @Test(arguments: [
    "low(b'pos', (8, 2), external=[(away.encode(), 0, h5py.h5f.UNLIMITED)])",
    "virtual(away + '.h5')", "o['pos'] = h5py.ExternalLink(away + '.h5', '/values')",
    "os.symlink(away, 'near'); low(b'pos', (8, 2), external=[(b'near', 0, h5py.h5f.UNLIMITED)])",
    "low(b'pos', (8, 2), external=[(os.path.relpath(away).encode(), 0, h5py.h5f.UNLIMITED)])",
    "f['away'] = h5py.ExternalLink(away + '.h5', '/'); o['pos'] = h5py.SoftLink('/away/values')",
  ])
  func `No value is taken from outside of the folder unless asked`(code: String) throws {
    let other = try TemporaryFolder()
    let away = other.file("away")
    try write(
      "away = '\(away)'; x.tofile(away); h5py.File(away + '.h5', 'w')['values'] = x; " + code)
    for links in [LinkPolicy.nowhere, .ownFolder] {
      #expect(throws: DemonstrationError.self) { try read(following: links) }
      let store = try DemonstrationStore(reading: path, following: links)
      #expect(try store.episode(0).observations.isEmpty)
    }
    #expect(try read(following: .anywhere) == whole)
  }

  @Test(arguments: [
    "x.tofile('whole.bin'); low(b'pos', (8, 2), external=[(b'whole.bin', 0, 64)])",
    "h5py.File('src.h5', 'w')['values'] = x; virtual('src.h5')",
    "h5py.File('src.h5', 'w')['values'] = x; o['pos'] = h5py.ExternalLink('src.h5', '/values')",
  ])
  func `Nothing is followed where nothing may be`(code: String) throws {
    try write(code)
    let error = #expect(throws: DemonstrationError.self) { try read(following: .nowhere) }
    #expect("\(try #require(error))".contains("and none is followed here"))
    #expect(try read() == whole)
  }
}
