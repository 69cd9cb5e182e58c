import Demonstrations
import Foundation
import Testing

/// kill -9 at several moments: what was finished stays, and work goes on to the same bytes.
@Suite struct KillTests {
  let folder: Scratch

  init() throws {
    folder = try Scratch()
  }

  private func run(_ line: String) throws -> Tool.Result {
    try Tool.run(line.split(separator: " ").map(String.init), in: folder)
  }

  /// Starts the tool and kills it some time after `isUnderWay` has become true.
  private func kill(_ line: String, after delay: Double, _ isUnderWay: () -> Bool) throws {
    let arguments = line.split(separator: " ").map(String.init)
    _ = try Tool.run(arguments, in: folder) { process in
      let limit = Date(timeIntervalSinceNow: 30)
      while process.isRunning, limit > Date(), !isUnderWay() {
        Thread.sleep(forTimeInterval: 0.005)
      }
      Thread.sleep(forTimeInterval: delay)
      Foundation.kill(process.processIdentifier, SIGKILL)
    }
  }

  private func episodes(_ file: String) throws -> [Episode] {
    let store = try DemonstrationStore(reading: folder.file(file))
    return try (0..<store.count).map { index in
      var episode = try store.episode(index)
      episode.attributes.recordedAt = nil
      return episode
    }
  }

  private func count(_ file: String) -> Int {
    (try? DemonstrationStore(reading: folder.file(file)).count) ?? 0
  }

  @Test func `a killed recording has every episode that was finished`() throws {
    let line = "record --environment push --expert --threads 1 --output"
    for delay in [0, 0.013, 0.029, 0.051] {
      let before = count("a.hdf5")
      var seen = 0
      try kill("\(line) a.hdf5 --episodes 100000", after: delay) {
        seen = count("a.hdf5")
        return seen > before + 1
      }
      let verified = try run("inspect a.hdf5 --verify")
      #expect(verified.status == 0, "\(verified.errors)")
      #expect(count("a.hdf5") >= seen && seen > before)
    }
    let total = count("a.hdf5") + 1
    #expect(try run("\(line) a.hdf5 --episodes \(total)").status == 0)
    #expect(try run("\(line) b.hdf5 --episodes \(total)").status == 0)
    #expect(try episodes("a.hdf5") == episodes("b.hdf5"))
    let left = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    #expect(left.filter { !$0.hasPrefix(".") }.sorted() == ["a.hdf5", "b.hdf5"])
  }

  @Test func `a killed training goes on to the bytes of one that was not`() throws {
    let demos = "record --environment push --expert --episodes 3 --output push.hdf5"
    #expect(try run(demos).status == 0)
    let settings = """
      checkpoint_interval: 3
      log_interval: 7
      steps: 400
      batch: 16
      policy: {backbone: {hidden_width: 16, depth: 1}, schedule: {steps: 5}}
      """
    try Data(settings.utf8).write(to: URL(fileURLWithPath: folder.file("a.yaml")))
    let line = "train --demos push.hdf5 --config a.yaml --threads 1 --output"
    #expect(try run("\(line) whole").status == 0)
    for delay in [0, 0.004, 0.017] {
      let before = try? step("parts")
      try kill("\(line) parts --resume", after: delay) {
        (try? step("parts")).map { $0 > before ?? 0 } ?? false
      }
      let verified = try run("inspect parts --verify")
      #expect(verified.status == 0, "\(verified.errors)")
    }
    #expect(try run("train --output parts --resume").status == 0)
    let files = ["config.json", "metrics.jsonl", "model.safetensors", "training.safetensors"]
    for file in files { #expect(try bytes("parts/\(file)") == bytes("whole/\(file)"), "\(file)") }
  }

  private func bytes(_ path: String) throws -> Data {
    try Data(contentsOf: URL(fileURLWithPath: folder.file(path)))
  }

  private func step(_ checkpoint: String) throws -> Int? {
    let json = try JSONSerialization.jsonObject(with: bytes("\(checkpoint)/config.json"))
    return (json as? [String: Any])?["step"] as? Int
  }
}
