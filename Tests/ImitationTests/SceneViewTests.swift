import EnvironmentInterface
import Foundation
import Imitation
import Neural
import TestSupport
import Testing

/// Views of a scene: frames at some entities that look towards others.
@Suite struct SceneViewTests {
  /// A pusher, two blocks that turn, two zones.
  private struct Yard {
    var pusher = SIMD2(0.1, -0.2)
    var blocks = [(SIMD2(-0.2, 0.5), 0.7), (SIMD2(0.4, -0.3), -2.0)]
    var zones = [SIMD2(-0.6, 0.1), SIMD2(0.7, -0.1)]
    var chunk = [SIMD2(0.1, 0.2), SIMD2(-0.5, 0.3), SIMD2(0.6, -0.4)]

    func turned(by angle: Double) -> Yard {
      func turned(_ p: SIMD2<Double>) -> SIMD2<Double> {
        SIMD2(cos(angle) * p.x - sin(angle) * p.y, sin(angle) * p.x + cos(angle) * p.y)
      }
      return Yard(
        pusher: turned(pusher), blocks: blocks.map { (turned($0.0), $0.1 + angle) },
        zones: zones.map(turned), chunk: chunk.map(turned))
    }

    var state: [Float] {
      var values = [pusher.x, pusher.y]
      for (place, angle) in blocks { values += [place.x, place.y, cos(angle), sin(angle)] }
      for zone in zones { values += [zone.x, zone.y] }
      return values.map { Float($0) }
    }
  }

  private let environment = EnvironmentDescription(
    name: "yard", options: [:],
    observations: [
      Space(
        "state",
        [
          "pusher_x", "pusher_y", "red_x", "red_y", "red_cos", "red_sin", "blue_x", "blue_y",
          "blue_cos", "blue_sin", "left_x", "left_y", "right_x", "right_y",
        ].map { Space.Component($0, from: -1, to: 1) })
    ],
    action: Space("action", [.init("x", from: -1, to: 1), .init("y", from: -1, to: 1)]),
    controlRate: 10, episodeLimit: 10, subtasks: [])

  private func normalizer() throws -> Normalizer {
    // Different ranges for every feature: the plane must undo them.
    let low = (0..<14).map { -1 + 0.02 * Float($0) }
    let high = (0..<14).map { 0.8 + 0.03 * Float($0 % 5) }
    return Normalizer(
      observations: [try FeatureScale(name: "state", low: low, high: high)],
      action: try FeatureScale(name: "action", low: [-0.8, -0.8], high: [0.8, 0.8]))
  }

  private func fitted(_ views: [String]) throws -> SceneMixture {
    let horizons = try Horizons(observation: 1, prediction: 3, action: 1)
    return try SceneMixture(hiddenWidth: 16, depth: 2, embeddingWidth: 8, views: views).fitted(
      to: normalizer(),
      shape: PolicyShape(stepObservationWidth: 14, actionWidth: 2, horizons: horizons),
      environment: environment)
  }

  /// What a network of random weights answers to the yard's noisy chunk; one that is blind to the
  /// world has no weights for the world's direction.
  private func answer(
    _ yard: Yard, _ views: [String], isBlindToTheWorld: Bool = false
  ) throws -> [SIMD2<Double>] {
    let scene = try fitted(views)
    let table = ParameterTable()
    let network = scene.network(
      BackboneSizes(
        observations: 1, observationWidth: 14, noisyActions: 3, actionWidth: 2, timeFeatures: 32,
        outputs: 6), table.root)
    let weights = table.initialValues(seed: 3)
    if isBlindToTheWorld { try blind(weights, table) }
    let graph = Graph()
    let seen = graph.input("seen", shape: [1, 14], rate: .perObservation)
    let noisy = graph.input("noisy", shape: [3, 2])
    let time = graph.input("time", shape: [32], rate: .perNoiseStep)
    let program = InferenceProgram(
      computing: network(BackboneInputs(observation: seen, noisyActions: noisy, time: time)),
      weights: weights, samples: 1, observations: 1)
    _ = program.rows(of: seen).update(
      fromContentsOf: try normalizer().features(of: ["state": .float32(yard.state)]))
    _ = program.rows(of: noisy).update(
      fromContentsOf: yard.chunk.flatMap { [Float($0.x), Float($0.y)] })
    _ = program.rows(of: time).update(fromContentsOf: scene.timeFeatures(step: 7, of: 50))
    program.prepareNoiseSteps()
    program.observe(observations: 1, samples: 1)
    program.step(samples: 1, observations: 1)
    return (0..<3).map {
      SIMD2(Double(program.output[2 * $0]), Double(program.output[2 * $0 + 1]))
    }
  }

  private func blind(_ weights: FloatBuffer, _ table: ParameterTable) throws {
    let first = try #require(table["view.0.hidden.0.linear.weight"])
    // The noisy chunk, 6 points and the directions of 2 blocks stand before it.
    let (row, width) = (3 * 2 + 6 * 2 + 2 * 2, first.shape[1])
    for index in row * width..<(row + 2) * width { weights.pointer[first.offset + index] = 0 }
  }

  private let pushing = ["red,blue>left,right"]

  @Test func `a view is written as entities that look towards others`() throws {
    #expect(
      try SceneView(parsing: "red,blue>left")
        == SceneView(from: ["red", "blue"], towards: ["left"]))
    for text in ["red", ">left", "red>", "red>left>right", "red,>left", "red>red", "a,a>b"] {
      #expect(throws: ImitationError.self) { try SceneView(parsing: text) }
    }
    #expect(throws: ImitationError.self) { try fitted(["red,green>left"]) }
    let views = try #require(try fitted(pushing).layout?.views)
    #expect(views.map(\.origins) == [[1, 2]] && views.map(\.targets) == [[3, 4]])
  }

  @Test func `a scene without views is written as before`() throws {
    let encoder = JSONEncoder()
    let plain = try SceneMixture(hiddenWidth: 8).fitted(
      to: normalizer(),
      shape: PolicyShape(stepObservationWidth: 14, actionWidth: 2, horizons: .single),
      environment: environment)
    #expect(!String(decoding: try encoder.encode(plain), as: UTF8.self).contains("views"))
    let viewed = try fitted(pushing)
    let again = try JSONDecoder().decode(SceneMixture.self, from: encoder.encode(viewed))
    #expect(again == viewed)
  }

  @Test func `which block is which and which zone is which makes no difference`() throws {
    let yard = Yard()
    let expected = try answer(yard, pushing)
    var (blocks, zones, block) = (yard, yard, yard)
    blocks.blocks.reverse()
    zones.zones.reverse()
    block.blocks[0].0.x += 0.1
    for same in [blocks, zones] {
      for (found, expected) in zip(try answer(same, pushing), expected) {
        expectClose([found.x, found.y], [expected.x, expected.y], absolute: 2e-5)
      }
    }
    let moved = try answer(block, pushing)
    #expect(zip(moved, expected).contains { abs($0.x - $1.x) > 1e-4 })
  }

  @Test func `but for the world's direction a turned yard gets the same answer, turned`() throws {
    let straight = try answer(Yard(), pushing, isBlindToTheWorld: true)
    for angle in [0.4, 1.9, -2.7] {
      let turned = try answer(Yard().turned(by: angle), pushing, isBlindToTheWorld: true)
      for (found, expected) in zip(turned, straight) {
        let back = SIMD2(
          cos(angle) * found.x + sin(angle) * found.y, cos(angle) * found.y - sin(angle) * found.x)
        expectClose([back.x, back.y], [expected.x, expected.y], absolute: 2e-5, "by \(angle)")
      }
      let seeing = try answer(Yard().turned(by: angle), pushing)
      #expect(zip(seeing, turned).contains { abs($0.x - $1.x) > 1e-3 })
    }
  }

  @Test func `a frame that stands on its target has a finite answer`() throws {
    var yard = Yard()
    yard.zones[0] = yard.blocks[0].0
    #expect(try answer(yard, pushing).allSatisfy { $0.x.isFinite && $0.y.isFinite })
  }
}
