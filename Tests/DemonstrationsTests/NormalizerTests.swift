import Demonstrations
import EnvironmentInterface
import Foundation
import Imitation
import Randomness
import Testing

@Suite struct NormalizerTests {
  private func normalizer() throws -> Normalizer {
    Normalizer(
      observations: [
        try FeatureScale(name: "pose", angles: [1], low: [-2, -3, 5], high: [6, 3, 5]),
        try FeatureScale(name: "speed", low: [0], high: [0.25]),
      ],
      action: try FeatureScale(name: "actions", low: [0, 7, -1e-3], high: [512, 7, 1e-3]))
  }

  @Test func `Features are scaled, angles split, constants zero`() throws {
    let features = try normalizer().features(of: [
      "pose": .float32([0, .pi / 2, 5]), "speed": .float32([0.0625]), "camera": .uint8([1]),
    ])
    #expect(features.count == 5)
    for (index, expected) in [Float(-0.5), 0, 1, 0, -0.5].enumerated() {
      #expect(abs(features[index] - expected) < 1e-7, "feature \(index)")
    }
    #expect(try normalizer().featureWidth == 5)
    #expect(try normalizer().observationNames == ["pose", "speed"])
  }

  @Test func `Actions come back from their normalised values`() throws {
    let normalizer = try normalizer()
    var stream = RandomStream(seed: 3, purpose: .metric)
    for _ in 0..<1000 {
      let action: [Float] = [
        .random(in: 0...512, using: &stream), 7, .random(in: -1e-3...1e-3, using: &stream),
      ]
      let normalised = try normalizer.normalise(action: action)
      #expect(normalised.allSatisfy { (-1...1).contains($0) })
      let back = try normalizer.denormalise(action: normalised)
      for index in 0..<3 {
        #expect(abs(back[index] - action[index]) <= 1e-7 * [512, 7, 1e-3][index] * 2)
      }
    }
    #expect(try normalizer.normalise(action: [0, 7, 1e-3]) == [-1, 0, 1])
    #expect(try normalizer.denormalise(action: [1, 0.3, -1]) == [512, 7, -1e-3])
  }

  @Test func `It is written to JSON and read back`() throws {
    let normalizer = try normalizer()
    let data = try JSONEncoder().encode(normalizer)
    #expect(try JSONDecoder().decode(Normalizer.self, from: data) == normalizer)
    let text = String(decoding: data, as: UTF8.self)
    let broken = text.replacing("\"width\":3", with: "\"width\":4")
    #expect(broken != text)
    let error = #expect(throws: WindowError.self) {
      try JSONDecoder().decode(Normalizer.self, from: Data(broken.utf8))
    }
    #expect("\(try #require(error))".contains("4 values and 1 angles cannot give 4 features"))
  }

  @Test func `What does not fit is named`() throws {
    let normalizer = try normalizer()
    func message(_ observation: ObservationFrame) throws -> String {
      "\(try #require(#expect(throws: WindowError.self) { try normalizer.features(of: observation) }))"
    }
    #expect(
      try message(["pos": .float32([0, 0, 0])])
        == "observation 'pose' is missing (did you mean 'pos'?); there is: pos")
    #expect(
      try message(["pose": .float32([0, 0])]) == "observation 'pose' has 2 values, expected 3")
    #expect(
      try message(["pose": .float32([0, 0, 0]), "speed": .float32([.nan])])
        == "observation 'speed' has a NaN or infinite value at index 0")
    let short = #expect(throws: WindowError.self) { try normalizer.normalise(action: [1, 2]) }
    #expect("\(try #require(short))" == "action 'actions' has 2 values, expected 3")
    let infinite = #expect(throws: WindowError.self) {
      try normalizer.denormalise(action: [0, 0, .infinity])
    }
    #expect(
      "\(try #require(infinite))" == "action 'actions' has a NaN or infinite value at index 2")
    #expect(throws: WindowError.self) { try FeatureScale(name: "a", low: [1], high: [0]) }
    #expect(throws: WindowError.self) { try FeatureScale(name: "a", low: [.nan], high: [0]) }
    #expect(throws: WindowError.self) { try FeatureScale(name: "a", low: [1], high: [2, 3]) }
    #expect(throws: WindowError.self) {
      try FeatureScale(name: "a", angles: [1], low: [1], high: [2])
    }
  }
}
