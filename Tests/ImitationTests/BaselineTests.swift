import Demonstrations
import Diffusion
import Foundation
import Imitation
import Neural
import TestSupport
import Testing

/// The baselines' decisions and files, and the options that they refuse.
@Suite struct BaselineTests {
  private static let baselines = ["mse", "gaussian", "discretised", "kmeans", "kmeans-residual"]

  private let folder: TemporaryFolder
  private let store: DemonstrationStore

  init() throws {
    folder = try TemporaryFolder()
    store = try ToyDemonstrations.store(in: folder, episodes: 20)
  }

  private func configuration(
    _ method: String, _ settings: [String: Settings.Value] = [:]
  ) throws -> TrainingConfiguration {
    let horizons = try Horizons(observation: 2, prediction: 3, action: 3)
    var policy = PolicyConfiguration(
      backbone: MLP(hiddenWidth: 24, depth: 2), horizons: horizons)
    policy.method = try MethodRegistry.standard.method(named: method)
    try policy.set(["clusters": 12])
    try policy.set(settings)
    return TrainingConfiguration(policy: policy, steps: 40, batch: 32)
  }

  private func keys(_ count: Int) -> [DecisionKey] {
    (0..<count).map { DecisionKey(seed: UInt64($0), step: 5) }
  }

  private func windows(_ count: Int) -> [ObservationWindow] {
    (0..<count).map { ObservationWindow(ToyDemonstrations.window(Float($0 % 7) / 7)) }
  }

  // MARK: Deciding

  @Test(arguments: baselines)
  func `a checkpoint decides as the training that wrote it, window by window`(
    _ method: String
  ) throws {
    let trainer = try Trainer(configuration(method), demonstrations: store)
    try trainer.run(output: folder.file("run"))
    let (windows, keys) = (windows(40), keys(40))
    let expected = try Policy(trainer.checkpoint, capacity: 40).chunks(windows, keys: keys)
    let loaded = try Policy(contentsOf: folder.file("run"), capacity: 7)
    #expect(try Checkpoint(contentsOf: folder.file("run")).step == 40)
    let found = try loaded.chunks(windows, keys: keys)
    // Products of other sizes round otherwise.
    expectClose(
      found.flatMap { $0.flatMap { $0 } }, expected.flatMap { $0.flatMap { $0 } }, absolute: 1e-5,
      "\(method)")
    #expect(try loaded.chunks(windows, keys: keys) == found)
    let others = keys.map { DecisionKey(seed: $0.seed, step: 6) }
    #expect(try (loaded.chunks(windows, keys: others) == found) == (method == "mse"))
  }

  @Test func `kmeans acts chunks of its centres, which its file holds`() throws {
    try Trainer(configuration("kmeans"), demonstrations: store).run(output: folder.file("run"))
    let centres = try #require(
      Safetensors(contentsOf: folder.file("run/model.safetensors")).tensors["centres"])
    #expect(centres.shape == [12, 6])
    let policy = try Policy(contentsOf: folder.file("run"))
    let known = try (0..<12).map { row in
      try (0..<3).map { step in
        let start = row * 6 + step * 2
        return try policy.checkpoint.normalizer.denormalise(
          action: Array(centres.elements[start..<start + 2]))
      }
    }
    let acted = try policy.chunks(windows(200), keys: keys(200))
    #expect(acted.allSatisfy { known.contains($0) })
    #expect(Set(acted).count > 6)
  }

  @Test func `discretised acts the centres of bins`() throws {
    let configuration = try configuration("discretised", ["bins": 4])
    let trainer = try Trainer(configuration, demonstrations: store)
    try trainer.run()
    let policy = try Policy(trainer.checkpoint)
    let chunks = try policy.chunks(windows(100), keys: keys(100))
    let acted = try chunks.joined().flatMap {
      try policy.checkpoint.normalizer.normalise(action: $0)
    }
    let nearest = acted.map { (($0 * 4 - 1) / 2).rounded() }
    expectClose(acted, nearest.map { (2 * $0 + 1) / 4 }, absolute: 1e-5, "centres")
    #expect(Set(nearest) == [-2, -1, 0, 1])
  }

  // MARK: Options

  private func refusal(
    _ method: String, _ settings: [String: Settings.Value]
  ) throws -> String {
    let configuration = try configuration(method, settings)
    return message { _ = try Trainer(configuration, demonstrations: store) }
  }

  @Test func `clusters and bins out of range are named before anything is trained`() throws {
    for method in ["kmeans", "kmeans-residual"] {
      for clusters in [-1, 0, 1] {
        #expect(
          try refusal(method, ["clusters": .integer(clusters)])
            == "clusters is \(clusters), but must be 2…65536")
      }
      #expect(
        try refusal(method, ["clusters": 201])
          == "clusters is 201, but must be 1…200, the number of distinct action chunks in the"
          + " demonstrations")
    }
    #expect(try refusal("discretised", ["bins": 1]) == "bins is 1, but must be 2…65536")
    for weight in [0.0, -1] {
      #expect(
        try refusal("kmeans-residual", ["offset_weight": .number(weight)])
          == "offset weight is \(weight), but must be more than 0")
    }
    let method = KMeansResidualMethod(clusters: 12, offsetWeight: .nan)
    #expect(message { try method.validate() } == "offset weight is nan, but must be more than 0")
  }

  @Test(arguments: baselines)
  func `what only denoising can do is refused, in training and in deciding`(
    _ method: String
  ) throws {
    let trained = try Trainer(configuration(method), demonstrations: store).checkpoint
    let expected =
      "method '\(method)' does not sample by denoising, so it takes no sampling options"
    #expect(message { _ = try Policy(trained, sampler: SamplerSpecification()) } == expected)
    for name in ["sampler", "observation_dropout", "schedule"] {
      let setting = Settings(path: "policy.method.\(name)", 1)
      #expect(
        message { _ = try setting.applied(to: trained.configuration, source: "a test") }
          == "'\(method)' has no \(name); it belongs to: diffusion, diffusion-x, diffusion-kde")
    }
  }
}
