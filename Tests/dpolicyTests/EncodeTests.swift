import Foundation
import TestSupport
import Testing

/// `encode`: latents of recordings, read by others.
@Suite struct EncodeTests {
  let folder: Scratch

  init() throws {
    folder = try Scratch()
    try succeed("record --environment push --expert --episodes 4 --seed 3 --output push.hdf5")
  }

  private func run(_ line: String) throws -> Tool.Result {
    try Tool.run(line.split(separator: " ").map(String.init), in: folder)
  }

  private func succeed(_ line: String) throws {
    let result = try run(line)
    #expect(result.status == 0, "\(line): \(result.errors)")
  }

  private func train(_ method: String) throws {
    try succeed(
      "train --demos push.hdf5 --method \(method) --backbone mlp --prediction-horizon 4 --steps 20"
        + " --batch 32 --output \(method)")
  }

  @Test func `codes and latents are read with h5py, and add up`() throws {
    try train("vq")
    let encoded = try run(
      "encode --policy vq --demos push.hdf5 --output latents.hdf5 --windows 50 --json")
    #expect(encoded.status == 0, "\(encoded.errors)")
    struct Report: Decodable {
      var windows, latent_width: Int
      var error: Double
      var code_uses: [[Int]]
    }
    let report = try JSONDecoder().decode(Report.self, from: Data(encoded.output.utf8))
    #expect(report.windows == 50 && report.latent_width == 8)
    #expect(report.code_uses.count == 2)
    #expect(report.code_uses.allSatisfy { $0.count == 16 && $0.reduce(0, +) == 50 })
    guard Python.path != nil else { return }
    let read = try Python.output(
      """
      import h5py, numpy, sys
      with h5py.File(sys.argv[1]) as file:
          codes, uses = file["codes"][:].astype(int), file["code_uses"][:]
          counted = [numpy.bincount(codes[:, level], minlength=16) for level in range(2)]
          error = numpy.sqrt((file["error"][:] ** 2).mean())
          print(file.attrs["method"], file["latents"].shape, (counted == uses).all(), error)
      """, folder.file("latents.hdf5")
    ).split(whereSeparator: \.isWhitespace)
    #expect(read.first.map { $0.contains("vq") } == true, "\(read)")
    #expect(read.contains("True"))
    let error = try #require(read.last.flatMap { Double($0) })
    expectClose(error, report.error, relative: 1e-6)
  }

  @Test func `noise leads back, and two episodes are gone between`() throws {
    try train("diffusion-autoencoder")
    let encoded = try run(
      "encode --policy diffusion-autoencoder --demos push.hdf5 --output latents.hdf5 --windows 20"
        + " --picture between.png --between 1,3")
    #expect(encoded.status == 0, "\(encoded.errors)")
    #expect(FileManager.default.fileExists(atPath: folder.file("between.png")))
    guard Python.path != nil else { return }
    let read = try Python.output(
      """
      import h5py, sys
      with h5py.File(sys.argv[1]) as file:
          print(file["noise"].shape, file["latents"].shape)
      """, folder.file("latents.hdf5"))
    #expect(read.contains("(20, 8) (20, 8)"), "\(read)")
  }

  @Test func `what cannot be encoded is told`() throws {
    try train("mse")
    let none = try run("encode --policy mse --demos push.hdf5")
    #expect(none.status != 0)
    #expect(none.errors.contains("a policy of method 'mse' has no latents"), "\(none.errors)")
    let same = try run("encode --policy mse --demos push.hdf5 --between 2,2")
    #expect(same.status == 64)
    #expect(same.errors.contains("two different episodes"), "\(same.errors)")
  }
}
