import Demonstrations
import Diffusion
import EnvironmentInterface
import Foundation
import Imitation
import Neural
import TestSupport
import Testing

/// Windows that are trained on with several noise steps and noises at once.
@Suite struct NoiseDrawTests {
  private let folder: TemporaryFolder
  private let store: DemonstrationStore

  init() throws {
    folder = try TemporaryFolder()
    store = try ToyDemonstrations.store(in: folder, episodes: 20)
  }

  private func configuration(
    _ draws: Int?, steps: Int = 8, change: (inout DenoisingDiffusion) -> Void = { _ in }
  ) -> TrainingConfiguration {
    var method = DenoisingDiffusion(schedule: .init(kind: .cosine, steps: 10))
    method.noiseDraws = draws
    change(&method)
    return TrainingConfiguration(
      policy: PolicyConfiguration(method: method, backbone: MLP(hiddenWidth: 16, depth: 2)),
      steps: steps, batch: 32, learningRate: LearningRate(peak: 3e-3), logInterval: 1)
  }

  private func weights(_ configuration: TrainingConfiguration, threads: Int = 1) throws -> Data {
    let path = folder.file("run-\(UUID().uuidString)")
    try Trainer(configuration, demonstrations: store, threads: threads).run(output: path)
    return try Data(contentsOf: URL(fileURLWithPath: "\(path)/model.safetensors"))
  }

  @Test func `several draws give the same bytes on any number of threads, others than one does`()
    throws
  {
    let four = try weights(configuration(4))
    #expect(try weights(configuration(4), threads: 3) == four)
    #expect(try weights(configuration(nil)) != four)
  }

  @Test func `the loss is a mean over draws`() throws {
    // The weights move before the second step: the first loss is that of the same network.
    func first(_ draws: Int) throws -> Double {
      let trainer = try Trainer(configuration(draws, steps: 1), demonstrations: store)
      try trainer.run()
      return try #require(trainer.metrics.first?.loss)
    }
    let (one, many) = (try first(1), try first(32))
    expectClose(many, one, relative: 0.4)
    #expect(one != many)
  }

  @Test func `draws learn, and a policy of them acts`() throws {
    let trainer = try Trainer(configuration(4, steps: 400), demonstrations: store)
    try trainer.run()
    let losses = trainer.metrics.map(\.loss)
    let (late, early) = (losses.suffix(20).reduce(0, +), losses.prefix(20).reduce(0, +))
    #expect(late < 0.7 * early)
    let window = ObservationWindow([["position": .float32([0.5])]])
    let actions = try Policy(trainer.checkpoint).act(window, key: DecisionKey(seed: 1, step: 0))
    let isFinite = actions[0].allSatisfy { $0.isFinite }
    #expect(isFinite)
  }

  @Test func `what cannot be drawn is told in one line`() {
    func text(_ draws: Int, _ change: (inout DenoisingDiffusion) -> Void = { _ in }) -> String {
      message { try configuration(draws, change: change).validate() }
    }
    #expect(text(0) == "the noise draws of a window is 0, but must be 1…64")
    #expect(text(65).contains("must be 1…64"))
    #expect(text(2) { $0.learnsVariance = true }.contains("1 where variances are learned"))
  }
}
