import Demonstrations
import Diffusion
import Foundation
import Imitation
import Neural
import TestSupport
import Testing

/// The baselines' decisions and files, and the options that they refuse.
@Suite struct BaselineTests {
  private static let baselines: [MethodKind] = [
    .mse, .gaussian, .discretised, .kmeans, .kmeansResidual,
  ]

  private let folder: TemporaryFolder
  private let store: DemonstrationStore

  init() throws {
    folder = try TemporaryFolder()
    try ToyDemonstrations.write(to: folder.file("toy.hdf5"), episodes: 20)
    store = try DemonstrationStore(reading: folder.file("toy.hdf5"))
  }

  private func configuration(_ method: MethodKind) throws -> TrainingConfiguration {
    TrainingConfiguration(
      policy: PolicyConfiguration(
        method: method, backbone: BackboneConfiguration(hiddenWidth: 24, depth: 2),
        horizons: try Horizons(observation: 2, prediction: 3, action: 3), clusters: 12),
      steps: 40, batch: 32)
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
    _ method: MethodKind
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
    #expect(try (loaded.chunks(windows, keys: others) == found) == (method == .mse))
  }

  @Test func `kmeans acts chunks of its centres, which its file holds`() throws {
    try Trainer(configuration(.kmeans), demonstrations: store).run(output: folder.file("run"))
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
    var configuration = try configuration(.discretised)
    configuration.policy.bins = 4
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
    _ method: MethodKind, _ change: (inout PolicyConfiguration) -> Void
  ) throws -> String {
    var configuration = try configuration(method)
    change(&configuration.policy)
    return message { _ = try Trainer(configuration, demonstrations: store) }
  }

  @Test func `clusters and bins out of range are named before anything is trained`() throws {
    for method in [MethodKind.kmeans, .kmeansResidual] {
      for clusters in [-1, 0, 1] {
        #expect(
          try refusal(method) { $0.clusters = clusters }
            == "clusters is \(clusters), but must be 2…65536")
      }
      #expect(
        try refusal(method) { $0.clusters = 201 }
          == "clusters is 201, but must be 1…200, the number of distinct action chunks in the"
          + " demonstrations")
    }
    #expect(try refusal(.discretised) { $0.bins = 1 } == "bins is 1, but must be 2…65536")
    for weight in [0, -1, .nan] {
      #expect(
        try refusal(.kmeansResidual) { $0.offsetWeight = weight }
          == "offset weight is \(weight), but must be more than 0")
    }
    // Other methods do not mind.
    #expect(try refusal(.mse) { ($0.clusters, $0.bins) = (0, 0) } == "no error")
  }

  @Test(arguments: baselines)
  func `what only denoising can do is refused, in training and in deciding`(
    _ method: MethodKind
  ) throws {
    let changes: [(String, (inout SamplerSpecification) -> Void)] = [
      ("extra steps", { $0.noiseSteps.extraSteps = 8 }), ("candidates", { $0.candidates = 100 }),
      ("guidance", { $0.guidance = 1 }),
    ]
    let trained = try Trainer(configuration(method), demonstrations: store).checkpoint
    for (option, change) in changes {
      let expected =
        "method '\(method.rawValue)' takes no \(option); that needs a diffusion method: "
        + "diffusion, diffusion-x, diffusion-kde"
      #expect(try refusal(method) { change(&$0.sampler) } == expected)
      var sampler = trained.configuration.policy.sampler
      change(&sampler)
      #expect(message { _ = try Policy(trained, sampler: sampler) } == expected)
    }
    #expect(
      try refusal(method) { $0.observationDropout = 0.1 }.contains("takes no observation dropout"))
  }
}
