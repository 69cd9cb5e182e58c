import Demonstrations
import EnvironmentInterface
import Foundation
import Testing

#if os(Linux)
  /// How much memory training takes where demonstrations need more than is allowed.
  @Suite struct MemoryTests {
    private static let (episodes, length, side) = (40, 500, 32)
    /// The bytes of all images: 59 MiB.
    private static let images = episodes * length * side * side * 3

    private func record(to path: String) throws {
      let environment = EnvironmentDescription(
        name: "eye", options: [:],
        observations: [Space(image: "camera", height: Self.side, width: Self.side)],
        action: Space("action", [.init("x", from: -1, to: 1)]), controlRate: 10,
        episodeLimit: Self.length, subtasks: [])
      let recorder = try DemonstrationRecorder(path: path, environment: environment)
      for episode in 0..<Self.episodes {
        let bytes = [UInt8](
          repeating: UInt8(episode), count: Self.length * Self.side * Self.side * 3)
        try recorder.append(
          Episode(
            actions: Series(
              shape: [1],
              elements: .float32((0..<Self.length).map { Float($0 + episode) / 1000 })),
            observations: [
              "camera": Series(shape: [Self.side, Self.side, 3], elements: .uint8(bytes))
            ],
            rewards: .init(repeating: 0, count: Self.length),
            dones: .init(repeating: false, count: Self.length)))
      }
      try recorder.close()
    }

    /// The largest resident size while it trains, in bytes, and what it prints.
    private func train(
      _ memory: String, in folder: Scratch
    ) throws -> (peak: Int, report: [String: Any]) {
      var peak = 0
      let line =
        "train --demos eye.hdf5 --observations camera --memory \(memory) --output \(memory) --json"
        + " --method mse --steps 700 --batch 32 --hidden-width 16 --depth 1 --threads 1"
        + " --set policy.image.channels=[8,8]"
      let result = try Tool.run(
        line.split(separator: " ").map(String.init), in: folder,
        whileRunning: { process in
          let path = "/proc/\(process.processIdentifier)/status"
          while process.isRunning {
            let lines = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
            let words = lines.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }?
              .split(whereSeparator: \.isWhitespace)
            peak = max(peak, words.flatMap { Int($0[1]) }.map { $0 << 10 } ?? 0)
            usleep(2000)
          }
        })
      #expect(result.status == 0, "\(result.errors)")
      return (
        peak,
        try #require(
          JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
      )
    }

    @Test func `memory for demonstrations is bounded over an epoch`() throws {
      let folder = try Scratch()
      try record(to: folder.file("eye.hdf5"))
      let inMemory = try train("1G", in: folder)
      let onDisk = try train("6M", in: folder)
      #expect(inMemory.report["in_memory"] as? Bool == true)
      #expect(onDisk.report["in_memory"] as? Bool == false)
      // Some MiB for reading, and for what the system's allocator keeps.
      let saved = Self.images - 6 << 20 - 8 << 20
      #expect(inMemory.peak - onDisk.peak > saved, "\(inMemory.peak) and \(onDisk.peak)")
    }
  }
#endif
