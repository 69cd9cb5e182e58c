import Demonstrations
import Diffusion
import Foundation
import Imitation
import Naming
import Neural
import TestSupport
import Testing

/// Training as a process: the same bytes however it is run, and nothing lost.
@Suite struct TrainerTests {
  private let folder: TemporaryFolder
  private let store: DemonstrationStore

  init() throws {
    folder = try TemporaryFolder()
    store = try ToyDemonstrations.store(in: folder, episodes: 20)
  }

  private func configuration(
    _ method: String = "diffusion", _ backbone: String = "mlp"
  ) throws -> TrainingConfiguration {
    TrainingConfiguration(
      policy: try PolicyConfiguration(
        horizons: Horizons(observation: 2, prediction: 4, action: 2)
      ).of(
        method, backbone,
        BackboneRegistry.small.merging(["energy.counter_examples": 7]) { $1 }),
      steps: 60, batch: 48, seed: 5, logInterval: 7, checkpointInterval: 25)
  }

  /// All files but the one that holds times of the clock.
  private func files(_ path: String) throws -> [String: Data] {
    var files: [String: Data] = [:]
    for name in try FileManager.default.contentsOfDirectory(atPath: path)
    where name != EventFile.name {
      files[name] = try Data(contentsOf: URL(fileURLWithPath: "\(path)/\(name)"))
    }
    return files
  }

  private static let names: Set = [
    "checksums.json", "config.json", "metrics.jsonl", "model.safetensors", "normalizer.json",
    "training.safetensors",
  ]

  @Test(arguments: BackboneRegistry.combinations)
  func `a checkpoint has the same bytes on 1, 2 and 7 threads`(
    _ method: String, _ backbone: String
  ) throws {
    for threads in [1, 2, 7] {
      let trainer = try Trainer(
        configuration(method, backbone), demonstrations: store, threads: threads)
      try trainer.run(output: folder.file("threads-\(threads)"))
    }
    let one = try files(folder.file("threads-1"))
    #expect(Set(one.keys) == Self.names)
    #expect(try files(folder.file("threads-2")) == one)
    #expect(try files(folder.file("threads-7")) == one)
  }

  @Test(arguments: BackboneRegistry.combinations)
  func `a training that stops and resumes ends in the bytes of one that never stopped`(
    _ method: String, _ backbone: String
  ) throws {
    let configuration = try configuration(method, backbone)
    try Trainer(configuration, demonstrations: store).run(output: folder.file("whole"))
    let whole = try files(folder.file("whole"))
    for stop in [1, 25, 33] {
      let path = folder.file("stopped-\(stop)")
      let first = try Trainer(configuration, demonstrations: store)
      let outcome = try first.run(
        output: path, shouldStop: { first.training.state.step == stop })
      #expect(outcome == .stopped)
      #expect(try Checkpoint(contentsOf: path).step == stop)
      let second = try Trainer(configuration, demonstrations: store)
      #expect(try second.run(output: path, resume: true) == .finished)
      for (name, data) in try files(path) {
        #expect(data == whole[name], "\(name) differs after a stop at \(stop)")
      }
    }
  }

  @Test func `another seed gives other weights`() throws {
    var other = try configuration()
    other.seed = 6
    try Trainer(configuration(), demonstrations: store).run(output: folder.file("a"))
    try Trainer(other, demonstrations: store).run(output: folder.file("b"))
    let (a, b) = (try files(folder.file("a")), try files(folder.file("b")))
    #expect(a["model.safetensors"] != b["model.safetensors"])
  }

  @Test func `a training is not begun over another, nor resumed with other settings`() throws {
    let path = folder.file("run")
    try Trainer(configuration(), demonstrations: store).run(output: path)
    let before = try files(path)
    #expect(
      message { try Trainer(configuration(), demonstrations: store).run(output: path) }
        .contains("there is a checkpoint already"))
    var other = try configuration()
    other.batch = 16
    let text = message {
      try Trainer(other, demonstrations: store).run(output: path, resume: true)
    }
    #expect(text.contains("batch: 48 there, 16 here"), "\(text)")
    try ToyDemonstrations.write(to: folder.file("more.hdf5"), episodes: 21)
    let more = try DemonstrationStore(reading: folder.file("more.hdf5"))
    let changed = message {
      try Trainer(configuration(), demonstrations: more).run(output: path, resume: true)
    }
    let digest = try Checkpoint(contentsOf: path).provenance.digest
    #expect(changed.contains("has changed since (its digest was \(digest) and is"), "\(changed)")
    #expect(try files(path) == before)
  }

  @Test func `a loss that turns infinite stops with the step and keeps the last checkpoint`() throws
  {
    var configuration = try configuration()
    configuration.checkpointInterval = 1
    configuration.learningRate = LearningRate(peak: 1e30, warmupSteps: 0)
    let path = folder.file("run")
    let text = message { try Trainer(configuration, demonstrations: store).run(output: path) }
    #expect(text.hasPrefix("the loss is no longer finite at step "), "\(text)")
    #expect(text.contains(path))
    #expect(try Set(files(path).keys) == Self.names)
  }

  @Test func `an output that cannot be written is told before anything is computed`() throws {
    try Data().write(to: URL(fileURLWithPath: folder.file("file")))
    let path = folder.file("file/run")
    let text = message { try Trainer(configuration(), demonstrations: store).run(output: path) }
    #expect(text == "\(path): cannot be written: not a directory", "\(text)")
  }

  @Test func `options out of range are named`() throws {
    var configuration = try configuration()
    configuration.batch = 0
    #expect(
      message { _ = try Trainer(configuration, demonstrations: store) }
        == "batch is 0, but must be 1…1000000")
    configuration = try self.configuration()
    try configuration.policy.set(["schedule.steps": 0])
    #expect(
      message { _ = try Trainer(configuration, demonstrations: store) }
        == "the number of noise steps is 0, but must lie in 1…100000")
    configuration = try self.configuration()
    configuration.policy.horizons = try Horizons(observation: 1, prediction: 11, action: 1)
    #expect(
      message { _ = try Trainer(configuration, demonstrations: store) }
        .contains("prediction horizon of 11 is longer than the longest episode (10 steps)"))
  }
}
