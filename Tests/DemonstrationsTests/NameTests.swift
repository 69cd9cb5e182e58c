import Demonstrations
import Foundation
import TestSupport
import Testing

/// Names are bytes: any that HDF5 can hold is used as it is, and no two are taken for one.
@Suite struct NameTests {
  @Test(arguments: [
    ("pos", "pos"), ("end effector", "end effector"), ("é", "é"), ("🤖", "🤖"),
    ("e\u{301}", #"e\xCC\x81"#), ("x\ny", #"x\x0Ay"#), ("a\\b", #"a\b"#),
    ("a\\x41", #"a\x5Cx41"#), ("k\u{1b}]0;t\u{7}", #"k\x1B]0;t\x07"#),
    ("a\u{202e}b", #"a\xE2\x80\xAEb"#),
  ])
  func `A name is shown so that it can be read and typed`(name: String, shown: String) {
    let bytes = Array(name.utf8)
    #expect(HDF5Name.text(bytes) == shown)
    #expect(HDF5Name.bytes(of: shown) == bytes)
    #expect(Array(HDF5Name.canonical(shown).utf8) == Array(shown.utf8))
  }

  @Test func `Names that are no UTF-8 are written as bytes`() {
    #expect(HDF5Name.text([0x64, 0xe9]) == #"d\xE9"#)
    #expect(HDF5Name.bytes(of: #"d\xE9"#) == [0x64, 0xe9])
    // Any bytes at all come back.
    for first in UInt8.min...255 {
      for second in UInt8.min...255 {
        let bytes = [first, second, UInt8(ascii: "x")]
        #expect(HDF5Name.bytes(of: HDF5Name.text(bytes)) == bytes)
      }
    }
  }

  @Test func `Each name of a file is an episode or an observation of its own`() throws {
    try #require(Python.path != nil)
    let folder = try TemporaryFolder()
    let path = folder.file("names.hdf5")
    _ = try Python.output(
      """
      import h5py, sys, unicodedata, numpy as np
      f = h5py.File(sys.argv[1], "w")
      names = ["demo_é", unicodedata.normalize("NFD", "demo_é"), b"demo_\\xe9", "demo_1", "demo_01",
               "demo_9223372036854775807", "demo_92233720368547758070", "demo_-1", "left run",
               "demo_1\\n2", "demo_\\x1b[31mred"]
      keys = ["é", unicodedata.normalize("NFD", "é"), b"\\xe9", "a=b", '"q"\\\\', "0", " "]
      for i, name in enumerate(names):
        g = f.create_group("data").create_group(name) if i == 0 else f["data"].create_group(name)
        g["actions"] = np.full((3, 1), i, "f4")
        o = g.create_group("obs")
        for j, key in enumerate(keys): o[key] = np.full((3, 1), 10 * i + j, "f4")
      """, path)
    let store = try DemonstrationStore(reading: path)
    #expect(store.count == 11)
    #expect(Set(store.names).count == 11)
    let numbers = try (0..<11).map { try store.episode($0).actions.column(0)[0] }
    #expect(numbers.sorted() == (0..<11).map(Double.init))
    let episode = try store.episode(0)
    #expect(
      Set(episode.observations.keys) == ["é", #"e\xCC\x81"#, #"\xE9"#, "a=b", #""q"\"#, "0", " "])
    // What a keyboard gives for the decomposed one is another name than the composed one.
    let typed = try store.episode(0, observations: ["e\u{301}"]).observations
    #expect(typed.keys.map { $0 } == [#"e\xCC\x81"#])
  }
}
