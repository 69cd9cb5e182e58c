import EnvironmentInterface
import Foundation
import Imitation
import Neural
import TestSupport
import Testing

/// The image encoder with residual blocks.
@Suite struct ResidualEncoderTests {
  private struct File: Decodable {
    struct Entry: Decodable {
      var shape: [Int]
      var values: [Float]
    }
    struct Case: Decodable {
      var picture: [UInt8]
      var answer: [Double]
    }
    var side: Int
    var tensors: [String: Entry]
    var cases: [Case]
  }

  @Test func `it answers to pictures as PyTorch's layers do with its weights`() throws {
    let file = try fixture("residual_encoder", as: File.self, in: .module)
    let image = ImageFormat(name: "camera", height: file.side, width: file.side)
    let policy = PolicyConfiguration(
      method: RegressionMethod(), backbone: MLP(hiddenWidth: 6, depth: 1),
      image: ImageConfiguration(channels: [4, 6], blocks: [2, 1], groups: 2),
      observations: ["camera"])
    let shape = PolicyShape(
      stepObservationWidth: 0, actionWidth: 2, horizons: .single, images: [image])
    let tensors = Safetensors(
      tensors: file.tensors.mapValues { Tensor(shape: $0.shape, elements: $0.values) })
    let table = try PolicyModel(policy, shape: shape).table
    #expect(Set(table.parameters.map(\.name)) == Set(file.tensors.keys))
    // Actions from −8 to 8, so that nothing is clipped.
    let action = try FeatureScale(name: "actions", low: [-8, -8], high: [8, 8])
    let checkpoint = Checkpoint(
      configuration: TrainingConfiguration(policy: policy),
      provenance: Checkpoint.Provenance(
        environment: nil, environmentName: nil, demonstrations: "", digest: "", episodes: 0,
        steps: 0),
      shape: shape, normalizer: Normalizer(observations: [], images: [image], action: action),
      weights: try table.weights(from: tensors, path: "residual_encoder.json"), step: 0)
    let trained = try Policy(checkpoint)
    let windows = file.cases.map { ObservationWindow([["camera": .uint8($0.picture)]]) }
    let keys = windows.indices.map { DecisionKey(seed: UInt64($0), step: 0) }
    for (actions, item) in zip(try trained.act(windows, keys: keys), file.cases) {
      expectClose(actions[0], item.answer.map { 8 * $0 }, relative: 1e-5, absolute: 2e-5)
    }
  }

  @Test func `blocks that cannot be are told in one line`() {
    func text(_ blocks: [Int]) -> String {
      message { try ImageConfiguration(channels: [8, 16], blocks: blocks).validate() }
    }
    let right = "but must be a number in 0…8 for each of its 2 stages"
    #expect(text([1]) == "the image encoder's residual blocks is [1], \(right)")
    #expect(text([0, 9]).contains(right) && text([-1, 0]).contains(right))
    #expect(text([0, 2]) == "no error")
  }

  @Test func `a configuration that says nothing of blocks writes nothing of them`() throws {
    let data = try JSONEncoder().encode(ImageConfiguration())
    #expect(!String(decoding: data, as: UTF8.self).contains("blocks"))
    #expect(try JSONDecoder().decode(ImageConfiguration.self, from: data) == ImageConfiguration())
  }
}
