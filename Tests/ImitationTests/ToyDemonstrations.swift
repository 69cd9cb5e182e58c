import Demonstrations
import EnvironmentInterface
import Foundation
import Randomness

/// A folder of a test's own that vanishes with it.
final class TemporaryFolder {
  let path: String

  init() throws {
    path =
      FileManager.default.temporaryDirectory
      .appendingPathComponent("imitation-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
  }

  func file(_ name: String) -> String { "\(path)/\(name)" }
}

/// Recordings whose distribution of actions is known.
enum ToyDemonstrations {
  static let environment = EnvironmentDescription(
    name: "toy", options: [:],
    observations: [Space("position", [.init("x", from: -1, to: 1)])],
    action: Space("action", [.init("u", from: -2, to: 2), .init("v", from: -2, to: 2)]),
    controlRate: 10, episodeLimit: 10, subtasks: [])

  /// At position x the action is (x + 1, −x) or (x − 1, −x), with weights 3/4 and 1/4, give or take
  /// 0.05: two modes, whose mean (x + 0.5, −x) is never shown.
  static func action(at x: Float, _ stream: inout RandomStream) -> [Float] {
    let side: Float = stream.uniform() < 0.75 ? 1 : -1
    return [x + side + 0.05 * Float(stream.normal()), -x + 0.05 * Float(stream.normal())]
  }

  /// `episodes` episodes of 10 steps at random positions, as a file of a test's folder.
  static func store(in folder: TemporaryFolder, episodes: Int = 200) throws -> DemonstrationStore {
    try write(to: folder.file("toy.hdf5"), episodes: episodes)
    return try DemonstrationStore(reading: folder.file("toy.hdf5"))
  }

  /// Writes `episodes` episodes of `length` steps at random positions.
  static func write(to path: String, episodes: Int = 200, length: Int = 10) throws {
    let recorder = try DemonstrationRecorder(path: path, environment: environment)
    for episode in 0..<episodes {
      var stream = RandomStream(seed: 1, purpose: .demonstrator, index: UInt32(episode))
      var positions: [Float] = []
      var actions: [Float] = []
      for _ in 0..<length {
        let x = Float(stream.uniform(from: -1, to: 1))
        positions.append(x)
        actions += action(at: x, &stream)
      }
      try recorder.append(
        Episode(
          actions: Series(shape: [2], elements: .float32(actions)),
          observations: ["position": Series(shape: [1], elements: .float32(positions))],
          rewards: Array(repeating: 0, count: length),
          dones: (0..<length).map { $0 == length - 1 }))
    }
    try recorder.close()
  }

  static func window(_ x: Float) -> ObservationList { [["position": .float32([x])]] }

  typealias ObservationList = [ObservationFrame]
}
