import Demonstrations
import Diffusion
import EnvironmentInterface
import Foundation
import Imitation
import Neural
import TestSupport
import Testing

/// The published U-Net policy, read from the tensors of its state dict.
@Suite struct PublishedUNetTests {
  private struct Network: Decodable {
    struct Parameter: Decodable {
      var shape: [Int]
      var values: [Float]
    }
    var parameters: [String: Parameter]
  }

  private struct Published: Decodable {
    struct Case: Decodable {
      var observations, actions: [[Double]]
    }
    var noise_steps, action_horizon: Int
    var normalizer: [String: [Float]]
    var cases: [Case]
  }

  private let published: Published
  /// A state dict as published policies have it.
  private let tensors: [String: Tensor]

  init() throws {
    let network = try fixture("unet", as: Network.self, in: .module)
    published = try fixture("published_policy", as: Published.self, in: .module)
    var tensors = ["_dummy_variable": Tensor(shape: [0], elements: [])]
    for (name, parameter) in network.parameters {
      tensors["model.\(name)"] = Tensor(shape: parameter.shape, elements: parameter.values)
    }
    for (name, values) in published.normalizer {
      tensors[name] = Tensor(shape: [values.count], elements: values)
    }
    self.tensors = tensors
  }

  private func options(_ observations: [(name: String, width: Int)] = []) -> PublishedUNet.Options {
    var options = PublishedUNet.Options()
    options.observations = observations
    (options.prediction, options.action) = (8, published.action_horizon)
    options.noiseSteps = published.noise_steps
    return options
  }

  private func checkpoint(
    _ tensors: [String: Tensor], _ options: PublishedUNet.Options
  ) throws -> Checkpoint {
    try PublishedUNet(Safetensors(tensors: tensors), path: "model.safetensors", options: options)
      .checkpoint()
  }

  @Test func `it acts as the published code does, from a folder too`() throws {
    let folder = try TemporaryFolder()
    try checkpoint(tensors, options([("corner", 2), ("still", 1)])).write(to: folder.file("run"))
    let sampler = SamplerSpecification(kind: .ddim, start: .zero, clip: 1)
    let policy = try Policy(contentsOf: folder.file("run"), sampler: sampler)
    #expect(policy.horizons.observation == 2 && policy.horizons.planned == 7)
    // At t = T the clean chunk is off by ε's error over √ᾱ_T, times 406: a rounding of 1e-6 becomes
    // 0.1 of actions that span 485.
    for item in published.cases {
      let frames = item.observations.map { values -> ObservationFrame in
        let values = values.map { Float($0) }
        return ["corner": .float32([values[0], values[1]]), "still": .float32([values[2]])]
      }
      let key = [DecisionKey(seed: 1, step: 0)]
      let chunk = try policy.chunks([ObservationWindow(frames)], keys: key)[0]
      #expect(chunk.count == item.actions.count)
      expectClose(
        chunk.flatMap { $0 }, item.actions.flatMap { $0 }, absolute: 0.1)
      #expect(try policy.act([ObservationWindow(frames)], keys: key)[0] == Array(chunk.prefix(4)))
      // In the caller's memory.
      let numbers = item.observations.flatMap { $0 }
      var actions = [Double](repeating: 0, count: 14)
      do {
        var room = actions.mutableSpan
        try policy.act(numbers: numbers.span, key: key[0], into: &room)
      }
      expectClose(
        actions.map { Float($0) }, item.actions.flatMap { $0 }, absolute: 0.1)
    }
  }

  @Test func `observations have one name where none is given`() throws {
    #expect(try checkpoint(tensors, options()).normalizer.observationNames == ["obs"])
  }

  @Test func `a training does not go on with actions that lie before the decision`() throws {
    let folder = try TemporaryFolder()
    try BlobDemonstrations.write(to: folder.file("blob.hdf5"))
    let store = try DemonstrationStore(reading: folder.file("blob.hdf5"))
    let horizons = try Horizons(observation: 2, prediction: 4, action: 2, past: 1)
    #expect(
      message { _ = try WindowDataset(store, horizons: horizons) }.contains("past horizon is 1"))
  }

  @Test func `what does not fit is named by its tensor`() throws {
    func text(_ change: (inout [String: Tensor]) -> Void) -> String {
      var tensors = tensors
      change(&tensors)
      return message { _ = try checkpoint(tensors, options()) }
    }
    let convolution = "model.mid_modules.0.blocks.0.block.0.weight"
    #expect(text { $0[convolution] = nil }.contains(convolution))
    #expect(
      text {
        $0[convolution] = Tensor(shape: [16, 16, 3], elements: Array(repeating: 0, count: 768))
      }
      .contains("\(convolution)"))
    #expect(
      text { $0["model.extra"] = Tensor(shape: [1], elements: [0]) }
        .contains("'model.extra', which the network does not have"))
    let film = "model.down_modules.0.0.cond_encoder.1.weight"
    #expect(
      text { $0[film] = Tensor(shape: [8, 22], elements: Array(repeating: 0, count: 176)) }
        .contains("'\(film)' has 8 rows"))
    let scale = "normalizer.params_dict.action.scale"
    #expect(text { $0[scale] = nil }.contains(scale))
    func scaled(_ values: [Float]) -> String {
      text { $0[scale] = Tensor(shape: [2], elements: values) }
    }
    #expect(scaled([1, 0]).contains("'\(scale)' has a scale"))
    #expect(scaled([1, .nan]).contains("'\(scale)' has a value that is NaN"))
    #expect(
      text { $0["model.local_cond_encoder.0.weight"] = Tensor(shape: [1], elements: [0]) }
        .contains("model.local_cond_encoder.0.weight"))
    #expect(
      message { _ = try checkpoint(tensors, options([("a", 2), ("b", 2)])) }
        .contains("the observations' values is 2 + 2, but must be 3 together"))
    var other = options()
    other.prediction = 6
    #expect(message { _ = try checkpoint(tensors, other) }.contains("the prediction horizon is 6"))
  }
}
