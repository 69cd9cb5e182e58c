import Demonstrations
import Diffusion
import EnvironmentInterface
import Foundation
import Imitation

/// A sieve policy for push, trained not at all: what counts here is time and memory.
final class PushTask {
  let store: DemonstrationStore
  /// Where the demonstrations come from, in words.
  let source: String
  let configuration: TrainingConfiguration
  let registry: EnvironmentRegistry
  private let folder: TemporaryFolder?

  /// Takes demonstrations from a file, or records some.
  ///
  /// - Parameters:
  ///   - registry: The environments.
  ///   - demonstrations: The file; nil to record 20 episodes for this purpose.
  /// - Throws: Errors of files.
  init(_ registry: EnvironmentRegistry, demonstrations: String?) throws {
    self.registry = registry
    var configuration = try SpeedTask.configuration(Sieve.name, batch: 512)
    configuration.policy.horizons = try Horizons(prediction: 8, action: 6)
    self.configuration = configuration
    if let demonstrations {
      folder = nil
      source = demonstrations
      store = try DemonstrationStore(reading: demonstrations)
    } else {
      let folder = try TemporaryFolder()
      let path = folder.file("demonstrations.hdf5")
      self.folder = folder
      source = "20 episodes recorded for this"
      try Self.record(registry, episodes: 20, to: path)
      store = try DemonstrationStore(reading: path)
    }
  }

  /// The weights as they are before training.
  func checkpoint() throws -> Checkpoint {
    var configuration = configuration
    configuration.batch = 1
    return try Trainer(configuration, demonstrations: store, threads: 1).checkpoint
  }

  private static func record(
    _ registry: EnvironmentRegistry, episodes: Int, to path: String
  ) throws {
    let name = SpeedRow.task
    let description = try registry.make(name).description
    let names = description.observations.filter { $0.elementType == .float32 }.map(\.name)
    let recorder = try DemonstrationRecorder(path: path, environment: description)
    let entry = try registry.entry(name)
    try Recorder(episodes: episodes, seed: 0, observations: names).record(
      environment: { try registry.make(name) }, demonstrator: { try entry.makeDemonstrator($0) },
      each: { episode, _ in
        try recorder.append(episode)
        return true
      })
    try recorder.close()
  }
}
