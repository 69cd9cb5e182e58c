import Demonstrations
import EnvironmentInterface
import Foundation
import Imitation
import Neural
import Testing

/// Training on demonstrations that do not fit into the memory allowed for them.
@Suite struct DiskTrainingTests {
  private let folder: TemporaryFolder
  private let store: DemonstrationStore

  init() throws {
    folder = try TemporaryFolder()
    // 2,000 steps of 20 bytes.
    store = try ToyDemonstrations.store(in: folder)
  }

  private func configuration(
    _ method: String = "diffusion", memory: Int? = 16_384
  ) throws -> TrainingConfiguration {
    TrainingConfiguration(
      policy: try PolicyConfiguration(
        horizons: Horizons(observation: 2, prediction: 4, action: 2)
      ).of(method, "mlp", ["backbone.hidden_width": 32, "energy.counter_examples": 7]),
      steps: 120, batch: 48, seed: 5, logInterval: 7, checkpointInterval: 25,
      memory: memory.map { ByteCount($0) })
  }

  private func model(_ path: String) throws -> Data {
    try Data(contentsOf: URL(fileURLWithPath: "\(path)/model.safetensors"))
  }

  @Test(arguments: ["diffusion", "ebm", "kmeans-residual"])
  func `the model has the same bytes on any number of threads, and after a stop`(
    _ method: String
  ) throws {
    for threads in [1, 2, 7] {
      let trainer = try Trainer(configuration(method), demonstrations: store, threads: threads)
      #expect(!trainer.training.data.isInMemory)
      try trainer.run(output: folder.file("threads-\(threads)"))
    }
    let whole = try model(folder.file("threads-1"))
    #expect(try model(folder.file("threads-2")) == whole)
    #expect(try model(folder.file("threads-7")) == whole)

    // Two epochs are 84 steps.
    for stop in [1, 50, 91] {
      let path = folder.file("stopped-\(stop)")
      let first = try Trainer(configuration(method), demonstrations: store)
      let outcome = try first.run(
        output: path, shouldStop: { first.training.state.step == stop })
      #expect(outcome == .stopped)
      try Trainer(configuration(method), demonstrations: store).run(output: path, resume: true)
      #expect(try model(path) == whole, "stopped at \(stop)")
    }
  }

  @Test func `memory decides the order where steps do not fit, and nothing where they do`() throws {
    for (name, memory) in [("default", nil), ("ample", 40_000), ("scarce", 16_384)] {
      try Trainer(configuration(memory: memory), demonstrations: store)
        .run(output: folder.file(name))
    }
    #expect(try model(folder.file("ample")) == model(folder.file("default")))
    #expect(try model(folder.file("scarce")) != model(folder.file("default")))

    let more = try Trainer(configuration(memory: 1 << 20), demonstrations: store)
    #expect(throws: Never.self) { try more.run(output: folder.file("ample"), resume: true) }
    let error = #expect(throws: ImitationError.self) {
      try more.run(output: folder.file("scarce"), resume: true)
    }
    #expect("\(try #require(error))".contains("memory: 16384 there, 1048576 here"))
  }

  @Test func `a training that no machine can hold is refused before it begins`() throws {
    var wide = try configuration(memory: nil)
    wide.policy.backbone = MLP(hiddenWidth: 65_536, depth: 900)
    let error = #expect(throws: ImitationError.self) {
      try Trainer(wide, demonstrations: store)
    }
    guard case .tooLarge? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect("\(try #require(error))".hasPrefix("training needs at least 70.3 TiB of memory for"))
  }
}
