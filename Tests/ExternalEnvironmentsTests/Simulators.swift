import EnvironmentInterface
import ExternalEnvironments
import Foundation
import Testing

/// Programs that simulate, to be started.
final class Simulators {
  /// What is shipped as an example, in Python without a library.
  static let example = root.appendingPathComponent("Demos/examples/simulator.py").path
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()
  /// Whether there is what it runs on.
  static let canRun = FileManager.default.isExecutableFile(atPath: "/usr/bin/python3")

  private let folder = FileManager.default.temporaryDirectory
    .appendingPathComponent("simulators-\(UUID().uuidString)")

  init() throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  /// The example, whose method `reset(self, seed)` is preceded by some Python.
  func misbehaving(_ code: String) throws -> String {
    let path = folder.appendingPathComponent("simulator.py").path
    let text = """
      import os, sys, time
      sys.path.insert(0, "\(URL(fileURLWithPath: Self.example).deletingLastPathComponent().path)")
      import simulator

      class World(simulator.World):
          def reset(self, seed):
              \(code)
              super().reset(seed)

      simulator.World = World
      simulator.main()
      """
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    return "stdio:/usr/bin/python3 \(path)"
  }
}
