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

  /// The example, with some Python before its methods `reset(self, seed)` and `step(self, action)`,
  /// in which `self.seed` is known, and before its function `answer(request, given, worlds)`.
  func misbehaving(
    _ reset: String = "pass", step: String = "pass", answer: String = "pass"
  ) throws -> String {
    let path = folder.appendingPathComponent("simulator-\(UUID().uuidString).py").path
    let text = """
      import os, sys, time
      sys.path.insert(0, "\(URL(fileURLWithPath: Self.example).deletingLastPathComponent().path)")
      import simulator
      usual = simulator.answer

      class World(simulator.World):
          def reset(self, seed):
              \(reset)
              self.seed = seed
              super().reset(seed)

          def step(self, action):
              \(step)
              return super().step(action)

      def answer(request, given, worlds):
          \(answer)
          return usual(request, given, worlds)

      simulator.World, simulator.answer = World, answer
      simulator.main()
      """
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    return "stdio:/usr/bin/python3 \(path)"
  }

  /// A file that does not exist yet.
  func path(_ name: String) -> String { folder.appendingPathComponent(name).path }
}
