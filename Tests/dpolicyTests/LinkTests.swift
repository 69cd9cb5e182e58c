import Foundation
import TestSupport
import Testing

@Suite struct LinkTests {
  /// Each command that reads demonstrations, on a file whose actions lie in another folder.
  @Test(arguments: [
    ["inspect"], ["train", "--method", "mse", "--steps", "1", "--output", "run", "--demos"],
    ["replay", "--environment", "push-t", "--demos"],
    ["render", "--environment", "push-t", "--output", "drawn.hdf5", "--demos"],
    [
      "benchmark", "--environment", "push-t", "--methods", "mse", "--backbones", "mlp", "--seeds",
      "1", "--episodes", "1", "--steps", "1", "--output", "table", "--demos",
    ],
  ])
  func `What lies in another folder is read by every command, but only when asked`(
    command: [String]
  ) throws {
    let folder = try Scratch()
    for name in ["here", "away"] {
      try FileManager.default.createDirectory(
        atPath: folder.file(name), withIntermediateDirectories: true)
    }
    let record = try Tool.run(
      [
        "record", "--environment", "push-t", "--expert", "--episodes", "2", "--output",
        "here/t.hdf5",
      ], in: folder)
    #expect(record.status == 0, "\(record.errors)")
    _ = try Python.output(
      """
      import h5py, shutil, sys
      here, away = sys.argv[1] + "/here/t.hdf5", sys.argv[1] + "/away/t.hdf5"
      shutil.copy(here, away)
      with h5py.File(here, "r+") as file:
          for demo in file["data"]:
              del file["data"][demo]["actions"]
              file["data"][demo]["actions"] = h5py.ExternalLink(away, f"data/{demo}/actions")
      """, folder.path)
    let refused = try Tool.run(command + ["here/t.hdf5"], in: folder)
    #expect(refused.status == 65, "\(refused.output)")
    #expect(refused.errors.contains("outside the file's own folder"), "\(refused.errors)")
    let read = try Tool.run(command + ["here/t.hdf5", "--follow-links"], in: folder)
    #expect(read.status == 0, "\(read.errors)")
  }
}
