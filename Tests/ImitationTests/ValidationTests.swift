import Demonstrations
import EnvironmentInterface
import Foundation
import Imitation
import Neural
import TestSupport
import Testing

/// Held-out episodes that judge a training.
@Suite struct ValidationTests {
  private func configuration(_ method: any Method, steps: Int = 60) -> TrainingConfiguration {
    TrainingConfiguration(
      policy: PolicyConfiguration(method: method, backbone: MLP(hiddenWidth: 16, depth: 1)),
      steps: steps, batch: 16, logInterval: 5, checkpointInterval: 20)
  }

  private func lines(_ folder: String) throws -> Data {
    try Data(contentsOf: URL(fileURLWithPath: "\(folder)/metrics.jsonl"))
  }

  @Test func `what is held out is not trained on, and judged at every checkpoint`() throws {
    let folder = try TemporaryFolder()
    let store = try ToyDemonstrations.store(in: folder, episodes: 20)
    var held = configuration(DenoisingDiffusion())
    held.validation = .fraction(0.25)
    let split = try EpisodeSplit(count: 20, fraction: 0.25, seed: held.seed)
    let trainer = try Trainer(held, demonstrations: store)
    try trainer.run(output: folder.file("held"))
    #expect(trainer.training.data.episodes == split.second)
    let plain = try Trainer(
      configuration(DenoisingDiffusion()), demonstrations: store, episodes: split.second)
    try plain.run(output: folder.file("plain"))
    let models = try ["held", "plain"].map {
      try Data(contentsOf: URL(fileURLWithPath: folder.file("\($0)/model.safetensors")))
    }
    #expect(models[0] == models[1])
    #expect(
      trainer.metrics.filter { $0.validationLoss != nil }.map(\.step) == [20, 40, 60])
    #expect(plain.metrics.allSatisfy { $0.validationLoss == nil })
  }

  @Test func `the loss is that of the policy's own actions`() throws {
    let folder = try TemporaryFolder()
    let store = try ToyDemonstrations.store(in: folder, episodes: 20)
    var configuration = configuration(RegressionMethod())
    configuration.batch = 10
    configuration.validation = .fraction(0.2)
    let trainer = try Trainer(configuration, demonstrations: store)
    try trainer.run()
    let policy = try Policy(trainer.checkpoint)
    let scale = policy.checkpoint.normalizer.action
    let held = try EpisodeSplit(count: 20, fraction: 0.2, seed: configuration.seed).first
    var (sum, count) = (0.0, 0.0)
    for index in held {
      let episode = try store.episode(index)
      guard case .float32(let actions) = episode.actions.elements,
        case .float32(let positions)? = episode.observations["position"]?.elements
      else {
        Issue.record("the recordings are not as they were written")
        return
      }
      for step in positions.indices {
        let window = ObservationWindow([["position": .float32([positions[step]])]])
        let acted = try policy.act([window], keys: [DecisionKey(seed: 0, step: 0)])[0][0]
        for j in 0..<2 {
          let unit = (Double(scale.high[j]) - Double(scale.low[j])) / 2
          sum += pow((Double(acted[j]) - Double(actions[2 * step + j])) / unit, 2)
          count += 1
        }
      }
    }
    expectClose(
      try #require(trainer.metrics.last?.validationLoss), sum / count, relative: 1e-4)
  }

  @Test func `the best weights are kept, and a resumed training keeps the same`() throws {
    let folder = try TemporaryFolder()
    try ToyDemonstrations.write(to: folder.file("toy.hdf5"), episodes: 12)
    try DemonstrationMasks.write(["valid": ["demo_3", "demo_7"]], to: folder.file("toy.hdf5"))
    let store = try DemonstrationStore(reading: folder.file("toy.hdf5"))
    var configuration = configuration(GaussianMethod(), steps: 100)
    configuration.validation = .mask("valid")
    // Steps that overshoot, so that the last weights are not the best.
    configuration.learningRate = .init(peak: 0.3)
    let whole = try Trainer(configuration, demonstrations: store)
    try whole.run(output: folder.file("whole"))
    var remaining = 47
    try Trainer(configuration, demonstrations: store).run(
      output: folder.file("parts"),
      shouldStop: {
        remaining -= 1
        return remaining == 0
      })
    try Trainer(configuration, demonstrations: store).run(
      output: folder.file("parts"), resume: true)
    for file in ["best.safetensors", "model.safetensors", "metrics.jsonl"] {
      let bytes = try ["whole", "parts"].map {
        try Data(contentsOf: URL(fileURLWithPath: folder.file("\($0)/\(file)")))
      }
      #expect(bytes[0] == bytes[1], "\(file)")
    }
    let judged = whole.metrics.filter { $0.validationLoss != nil }
    let least = try #require(judged.min { $0.validationLoss ?? 0 < $1.validationLoss ?? 0 })
    #expect(least.step < 100, "nothing to choose from: \(judged.map(\.validationLoss))")
    let best = try Checkpoint(contentsOf: folder.file("whole"), choosing: .best)
    #expect(best.step == least.step)
    #expect(try Checkpoint(contentsOf: folder.file("whole")).step == 100)
  }

  @Test func `held-out chunks are judged by the training's clusters`() throws {
    let folder = try TemporaryFolder()
    let store = try ToyDemonstrations.store(in: folder, episodes: 12)
    // More clusters than the ten chunks that are held out.
    var configuration = configuration(KMeansMethod(clusters: 16))
    configuration.validation = .fraction(0.09)
    let trainer = try Trainer(configuration, demonstrations: store)
    try trainer.run()
    let last = try #require(trainer.metrics.last)
    expectClose(try #require(last.validationLoss), last.loss, relative: 0.5)
  }

  @Test func `what cannot be held out is told`() throws {
    let folder = try TemporaryFolder()
    let store = try ToyDemonstrations.store(in: folder, episodes: 3)
    var configuration = configuration(RegressionMethod())
    for (validation, words) in [
      (HeldOut.fraction(1.5), "validation is 1.5"), (.fraction(0.1), "some are held out"),
      (.mask("valid"), "there is no mask 'valid'"),
    ] {
      configuration.validation = validation
      #expect(
        message { _ = try Trainer(configuration, demonstrations: store) }.contains(words),
        "\(validation)")
    }
    configuration.validation = nil
    try Trainer(configuration, demonstrations: store).run(output: folder.file("plain"))
    #expect(
      message { _ = try Checkpoint(contentsOf: folder.file("plain"), choosing: .best) }
        .contains("trained without validation"))
  }
}
