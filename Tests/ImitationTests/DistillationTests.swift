import Demonstrations
import Diffusion
import EnvironmentInterface
import Foundation
import Imitation
import Neural
import TestSupport
import Testing

/// Students of few steps, and variances that are learned.
@Suite struct DistillationTests {
  private func train(
    _ method: any Method, in folder: TemporaryFolder, steps: Int = 3000, to output: String
  ) throws -> DemonstrationStore {
    if !FileManager.default.fileExists(atPath: folder.file("modes.hdf5")) {
      try TwoModes.write(to: folder.file("modes.hdf5"))
    }
    let store = try DemonstrationStore(reading: folder.file("modes.hdf5"))
    let configuration = TrainingConfiguration(
      policy: PolicyConfiguration(method: method, backbone: MLP(hiddenWidth: 64, depth: 3)),
      steps: steps, batch: 64, learningRate: LearningRate(peak: 3e-3))
    try Trainer(configuration, demonstrations: store).run(output: folder.file(output))
    return store
  }

  private func corners(_ policy: Policy, at x: Float) throws -> TwoModes.Corners {
    let keys = (0..<1000).map { DecisionKey(seed: $0, step: 0) }
    let windows = keys.map { _ in ObservationWindow([["position": .float32([x])]]) }
    return TwoModes.Corners(try policy.act(windows, keys: keys).map { $0[0] })
  }

  @Test(arguments: [
    DenoisingDiffusion(prediction: .velocity),
    DenoisingDiffusion(process: .init(kind: .flow)),
  ])
  func `students of fewer and fewer steps keep both modes with their odds`(
    method: DenoisingDiffusion
  ) throws {
    let folder = try TemporaryFolder()
    let store = try train(method, in: folder, to: "teacher")
    let distiller = try Distiller(
      teacher: folder.file("teacher"), steps: 1, output: folder.file("student"))
    #expect(distiller.stages.map(\.steps) == [16, 8, 4, 2, 1])
    for stage in distiller.stages {
      var configuration = distiller.configuration(of: stage)
      configuration.steps = 1000
      let trainer = try Trainer(
        configuration, demonstrations: store, normalizer: distiller.teacher.normalizer)
      try FileManager.default.createDirectory(
        atPath: folder.file("student.stages"), withIntermediateDirectories: true)
      try trainer.run(output: stage.output)
      let policy = try Policy(contentsOf: stage.output, capacity: 250)
      for x: Float in [-0.625, 0.625] {
        let corners = try corners(policy, at: x)
        #expect(corners.lower + corners.upper > 0.9, "\(stage.steps) at \(x): \(corners)")
        expectClose(
          corners.upper, TwoModes.upperWeight(at: x), absolute: 0.12, "\(stage.steps) at \(x)")
      }
      #expect(
        message { _ = try Policy(contentsOf: stage.output, sampler: .init()) }
          .contains("it was taught no others"))
    }
  }

  @Test func `a student learns the same bytes on any number of threads, resumed or not`() throws {
    let folder = try TemporaryFolder()
    let store = try train(DenoisingDiffusion(prediction: .velocity), in: folder, steps: 20, to: "t")
    func student(_ name: String, threads: Int, stops: Bool) throws -> Data {
      let stage = try Distiller(
        teacher: folder.file("t"), steps: 16, output: folder.file(name)
      ).stages[0]
      var configuration = try Distiller(
        teacher: folder.file("t"), steps: 16, output: folder.file(name)
      ).configuration(of: stage)
      configuration.steps = 12
      func trainer() throws -> Trainer {
        try Trainer(configuration, demonstrations: store, threads: threads)
      }
      if stops {
        let first = try trainer()
        try first.run(output: stage.output, shouldStop: { first.training.state.step == 5 })
      }
      try trainer().run(output: stage.output, resume: stops)
      return try Data(contentsOf: URL(fileURLWithPath: folder.file("\(name)/model.safetensors")))
    }
    let plain = try student("a", threads: 1, stops: false)
    #expect(try student("b", threads: 3, stops: false) == plain)
    #expect(try student("c", threads: 2, stops: true) == plain)
  }

  @Test func `what cannot teach is refused`() throws {
    let folder = try TemporaryFolder()
    _ = try train(DenoisingDiffusion(), in: folder, steps: 2, to: "epsilon")
    _ = try train(RegressionMethod(), in: folder, steps: 2, to: "mse")
    func refusal(_ name: String, steps: Int = 4) -> String {
      message {
        _ = try Distiller(teacher: folder.file(name), steps: steps, output: folder.file("s"))
      }
    }
    #expect(refusal("epsilon").contains("dpolicy train --prediction velocity"))
    #expect(refusal("mse").contains("does not sample by denoising"))
    #expect(refusal("epsilon", steps: 26).contains("1…25"))
  }

  @Test func `a policy with learned variances acts either mode with its odds`() throws {
    let folder = try TemporaryFolder()
    _ = try train(
      DenoisingDiffusion(learnsVariance: true, sampler: .init(ddpmVariance: .learned, clip: 1)),
      in: folder, steps: 4000, to: "learned")
    for count in [nil, 10] {
      let sampler = SamplerSpecification(
        noiseSteps: .init(count: count), ddpmVariance: .learned, clip: 1)
      let policy = try Policy(
        contentsOf: folder.file("learned"), sampler: sampler, capacity: 250, threads: 2)
      for x: Float in [-0.625, 0.625] {
        let corners = try corners(policy, at: x)
        #expect(corners.lower + corners.upper > 0.9, "\(corners)")
        expectClose(corners.upper, TwoModes.upperWeight(at: x), absolute: 0.12, "at \(x)")
      }
    }
  }
}
