import Foundation
import Studio
import TestSupport
import Testing

/// Paths from pages stay inside the folder.
@Suite struct StudioFolderTests {
  private let outer: StudioTestFolder
  private let folder: StudioFolder

  init() throws {
    outer = try StudioTestFolder()
    let manager = FileManager.default
    for name in ["inner/sub", "inner/run", "inner-other"] {
      try manager.createDirectory(
        atPath: outer.file(name), withIntermediateDirectories: true)
    }
    for name in [
      "inner/a.hdf5", "inner/sub/b.hdf5", "inner/run/model.safetensors", "inner-other/c.hdf5",
      "inner/.hidden.hdf5", "inner/notes.txt", "out.hdf5",
    ] {
      #expect(manager.createFile(atPath: outer.file(name), contents: Data("x".utf8)))
    }
    try manager.createSymbolicLink(
      atPath: outer.file("inner/link"), withDestinationPath: outer.file("inner-other"))
    try manager.createSymbolicLink(
      atPath: outer.file("inner/file.hdf5"), withDestinationPath: outer.file("out.hdf5"))
    folder = try StudioFolder(outer.file("inner"))
  }

  @Test(arguments: ["a.hdf5", "sub/b.hdf5", "sub/new.hdf5", "./a.hdf5"])
  func `What is inside, or may come to be, is found`(_ path: String) throws {
    let expected = outer.file("inner/" + path.replacingOccurrences(of: "./", with: ""))
    #expect(try folder.resolve(path) == expected)
    #expect(try folder.resolve(expected) == expected)
  }

  @Test(arguments: [
    "../out.hdf5", "sub/../../out.hdf5", "..", "/etc/passwd", "link/c.hdf5", "file.hdf5", "",
    "a\0b", "link/new.hdf5", "sub/..",
  ])
  func `What leads out is refused`(_ path: String) {
    #expect(message { _ = try folder.resolve(path) }.contains("is not inside the folder"))
  }

  @Test func `A folder whose name only begins alike is outside`() {
    #expect(
      message { _ = try folder.resolve(outer.file("inner-other/c.hdf5")) }
        .contains("is not inside the folder"))
  }

  @Test func `Demonstrations and policies are listed`() {
    #expect(folder.demonstrations().map(\.path).contains("sub/b.hdf5"))
    #expect(!folder.demonstrations().map(\.path).contains(".hidden.hdf5"))
    #expect(!folder.demonstrations().map(\.path).contains("link/c.hdf5"))
    #expect(folder.policies().map(\.path) == ["run"])
  }
}
