import Demonstrations
import Foundation
import Imitation
import Neural
import TestSupport
import Testing

/// A batch in shards: the same bytes whoever computes them, and the gradient of the whole batch.
@Suite struct ShardTests {
  private let folder: TemporaryFolder
  private let store: DemonstrationStore

  init() throws {
    folder = try TemporaryFolder()
    store = try ToyDemonstrations.store(in: folder, episodes: 20)
  }

  private func configuration(
    _ method: String = "diffusion", _ backbone: String = "mlp", shards: Int?, steps: Int = 12
  ) throws -> TrainingConfiguration {
    TrainingConfiguration(
      policy: try PolicyConfiguration(
        horizons: Horizons(observation: 2, prediction: 4, action: 2)
      ).of(
        method, backbone,
        BackboneRegistry.small.merging(["energy.counter_examples": 7]) { $1 }),
      steps: steps, batch: 46, seed: 5, logInterval: 3, checkpointInterval: 5, shards: shards)
  }

  private func train(
    _ configuration: TrainingConfiguration, _ output: String, ranks count: Int, threads: Int = 1,
    resume: Bool = false, stop: Int? = nil
  ) throws {
    let path = store.path
    try ThreadRanks.run(count) { ranks in
      let trainer = try Trainer(
        configuration, demonstrations: DemonstrationStore(reading: path), threads: threads,
        ranks: ranks)
      // One process alone is asked to stop.
      try trainer.run(
        output: output, resume: resume,
        shouldStop: { ranks.rank == count - 1 && trainer.training.state.step == stop })
    }
  }

  private func files(_ path: String) throws -> [String: Data] {
    var files: [String: Data] = [:]
    for name in try FileManager.default.contentsOfDirectory(atPath: path)
    where !name.hasPrefix("events.") {
      files[name] = try Data(contentsOf: URL(fileURLWithPath: "\(path)/\(name)"))
    }
    return files
  }

  @Test(arguments: BackboneRegistry.combinations)
  func `a checkpoint has the same bytes by 1, 2, 3 and 4 processes`(
    _ method: String, _ backbone: String
  ) throws {
    // Not a power of two, so that processes have several nodes of the tree.
    let configuration = try configuration(method, backbone, shards: 5)
    let alone = try Trainer(configuration, demonstrations: store, threads: 2)
    try alone.run(output: folder.file("alone"))
    let one = try files(folder.file("alone"))
    #expect(one.count >= 6)
    for (ranks, threads) in [(1, 1), (2, 1), (3, 2), (4, 1)] {
      let output = folder.file("ranks-\(ranks)")
      try train(configuration, output, ranks: ranks, threads: threads)
      #expect(try files(output) == one, "\(ranks) processes")
    }
  }

  @Test(arguments: [2, 3, 4, 7])
  func `shards add up to the gradient of the whole batch`(_ shards: Int) throws {
    let whole = try Trainer(configuration(shards: nil), demonstrations: store, threads: 1)
    let cut = try Trainer(configuration(shards: shards), demonstrations: store, threads: 1)
    let pool = try WorkerPool(threads: 1)
    let (a, b) = (try whole.training.step(pool), try cut.training.step(pool))
    #expect(abs(a.loss - b.loss) < 1e-6 * a.loss)
    #expect(abs(a.gradientNorm - b.gradientNorm) < 1e-5 * a.gradientNorm)
    let (first, second) = (whole.training.state.gradients, cut.training.state.gradients)
    let largest = first.reduce(0) { max($0, abs($1)) }
    for index in 0..<first.count {
      #expect(abs(first.pointer[index] - second.pointer[index]) < 2e-6 * largest)
    }
    // Sums in another order have other bytes, which is why the number is part of the settings.
    #expect(Array(first) != Array(second))
  }

  @Test(arguments: ["diffusion", "vq"])
  func `a training resumes on another number of processes to the same bytes`(
    _ method: String
  ) throws {
    let configuration = try configuration(method, shards: 4)
    try train(configuration, folder.file("whole"), ranks: 1)
    let parts = folder.file("parts")
    try train(configuration, parts, ranks: 4, stop: 3)
    #expect(try Checkpoint(contentsOf: parts).step == 3)
    try train(configuration, parts, ranks: 2, resume: true, stop: 8)
    #expect(try Checkpoint(contentsOf: parts).step == 8)
    try train(configuration, parts, ranks: 3, resume: true)
    #expect(try files(parts) == files(folder.file("whole")))
  }

  @Test func `shards are at least as many as processes, and at most as many as windows`() throws {
    for (shards, ranks, expected) in [
      (2, 3, "the number of shards is 2, but must be at least 3, the number of processes"),
      (47, 1, "the number of shards is 47, but must be 1…46"),
    ] {
      let text = message {
        try train(configuration(shards: shards), folder.file("none"), ranks: ranks)
      }
      #expect(text.contains(expected), "\(text)")
    }
    // One shard is what it always was, and is not written down.
    let text = try String(
      decoding: JSONEncoder().encode(configuration(shards: nil)), as: UTF8.self)
    #expect(!text.contains("shards"))
  }
}
