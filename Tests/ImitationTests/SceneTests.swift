import EnvironmentInterface
import Foundation
import Imitation
import Neural
import Randomness
import TestSupport
import Testing

/// The scene's body: what it takes for entities, and that it turns with them.
@Suite struct SceneTests {
  private let environment = EnvironmentDescription(
    name: "yard", options: [:],
    observations: [
      Space(
        "state",
        ["toy0_present", "toy0_x", "toy0_y", "toy0_cos", "toy0_sin", "toy0_is_duck"].map {
          Space.Component($0, from: -1, to: 1)
        }
          + ["toy1_present", "toy1_x", "toy1_y", "toy1_cos", "toy1_sin", "toy1_is_duck"].map {
            Space.Component($0, from: -1, to: 1)
          } + [Space.Component("left", from: 0, to: 3)])
    ],
    action: Space("action", [.init("x", from: -1, to: 1), .init("y", from: -1, to: 1)]),
    controlRate: 10, episodeLimit: 10, subtasks: [])

  private func normalizer() throws -> Normalizer {
    // Different ranges for every feature: the plane must undo them.
    let low: [Float] = [0, -0.9, -0.5, -1, -0.9, 0, 0, -0.7, -0.8, -1, -1, 0, 0]
    let high: [Float] = [1, 0.8, 0.9, 0.9, 1, 1, 1, 0.9, 0.6, 1, 0.8, 1, 3]
    return Normalizer(
      observations: [try FeatureScale(name: "state", low: low, high: high)],
      action: try FeatureScale(name: "action", low: [-0.8, -0.8], high: [0.8, 0.8]))
  }

  @Test func `an environment's components name its entities`() {
    let found = SceneEntity.entities(of: environment, in: ["state"])
    #expect(
      found == [
        SceneEntity(
          name: "toy0", kind: "toy", observation: "state", position: 1, cosine: 3, presence: 0,
          features: [5]),
        SceneEntity(
          name: "toy1", kind: "toy", observation: "state", position: 7, cosine: 9, presence: 6,
          features: [11]),
      ])
    #expect(SceneEntity.entities(of: environment, in: ["image"]).isEmpty)
  }

  @Test func `an entity is written as its observation, position and angle`() throws {
    #expect(
      try SceneEntity(parsing: "block=block_pose:0:2")
        == SceneEntity(name: "block", observation: "block_pose", position: 0, angle: 2))
    #expect(
      try SceneEntity(parsing: "agent=agent_pos:1")
        == SceneEntity(name: "agent", observation: "agent_pos", position: 1))
    let wrong = ["block", "block=pose", "block=pose:x", "block=pose:0:-1", "block=pose:0:1:2", "="]
    for text in wrong {
      #expect(throws: ImitationError.self) { try SceneEntity(parsing: text) }
    }
  }

  @Test func `a scene refuses data without its entities`() throws {
    let normalizer = try normalizer()
    let shape = PolicyShape(stepObservationWidth: 13, actionWidth: 2, horizons: .single)
    #expect(throws: ImitationError.self) {
      try SceneMixture().fitted(to: normalizer, shape: shape, environment: nil)
    }
    for entity in ["a=elsewhere:0", "a=state:12", "a=state:0:5"] {
      #expect(throws: ImitationError.self) {
        try SceneMixture(hiddenWidth: 8, entities: [entity]).fitted(
          to: normalizer, shape: shape, environment: nil)
      }
    }
    let fitted = try SceneMixture().fitted(to: normalizer, shape: shape, environment: environment)
    #expect(fitted.layout?.places.count == 2)
    #expect(fitted.layout?.plain == [12])
  }

  /// What the network answers to a scene turned by an angle, in the environment's units; toy 1 may
  /// be away.
  private func answer(
    turnedBy angle: Double, isSecondThere: Bool = true, secondAt: SIMD2<Double> = SIMD2(0.4, -0.3)
  ) throws -> [Double] {
    let normalizer = try normalizer()
    let horizons = try Horizons(observation: 1, prediction: 3, action: 1)
    let shape = PolicyShape(stepObservationWidth: 13, actionWidth: 2, horizons: horizons)
    let scene = try SceneMixture(hiddenWidth: 16, depth: 2, embeddingWidth: 8)
      .fitted(to: normalizer, shape: shape, environment: environment)
    let table = ParameterTable()
    let network = scene.network(
      BackboneSizes(
        observations: 1, observationWidth: 13, noisyActions: 3, actionWidth: 2, timeFeatures: 32,
        outputs: 6), table.root)
    let graph = Graph()
    let seen = graph.input("seen", shape: [1, 13], rate: .perObservation)
    let noisy = graph.input("noisy", shape: [3, 2])
    let time = graph.input("time", shape: [32], rate: .perNoiseStep)
    let program = InferenceProgram(
      computing: network(BackboneInputs(observation: seen, noisyActions: noisy, time: time)),
      weights: table.initialValues(seed: 3), samples: 1, observations: 1)
    func turned(_ p: SIMD2<Double>) -> SIMD2<Double> {
      SIMD2(cos(angle) * p.x - sin(angle) * p.y, sin(angle) * p.x + cos(angle) * p.y)
    }
    func toy(_ place: SIMD2<Double>, _ way: Double, isThere: Bool) -> [Float] {
      let place = turned(place)
      return [
        isThere ? 1 : 0, Float(place.x), Float(place.y), Float(cos(way + angle)),
        Float(sin(way + angle)), 1,
      ]
    }
    let state =
      toy(SIMD2(-0.2, 0.5), 0.7, isThere: true)
      + toy(secondAt, -2, isThere: isSecondThere) + [2]
    _ = program.rows(of: seen).update(
      fromContentsOf: try normalizer.features(of: ["state": .float32(state)]))
    let chunk = [SIMD2(0.1, 0.2), SIMD2(-0.5, 0.3), SIMD2(0.6, -0.4)].map(turned)
    _ = program.rows(of: noisy).update(
      fromContentsOf: chunk.flatMap { [Float($0.x), Float($0.y)] })
    _ = program.rows(of: time).update(fromContentsOf: scene.timeFeatures(step: 7, of: 50))
    program.prepareNoiseSteps()
    program.observe(observations: 1, samples: 1)
    program.step(samples: 1, observations: 1)
    return (0..<3).flatMap { index -> [Double] in
      let place = SIMD2(Double(program.output[2 * index]), Double(program.output[2 * index + 1]))
      // Turned back, for comparison.
      return [
        cos(angle) * place.x + sin(angle) * place.y, cos(angle) * place.y - sin(angle) * place.x,
      ]
    }
  }

  @Test func `a scene that is turned gets the same answer, turned`() throws {
    let straight = try answer(turnedBy: 0)
    for angle in [0.4, 1.9, -2.7] {
      expectClose(try answer(turnedBy: angle), straight, absolute: 2e-5, "turned by \(angle)")
    }
    #expect(Set(straight).count == 6)
  }

  @Test func `what is not there has no say, wherever its values put it`() throws {
    let away = try answer(turnedBy: 0, isSecondThere: false)
    expectClose(
      try answer(turnedBy: 0, isSecondThere: false, secondAt: SIMD2(-0.7, 0.6)), away,
      absolute: 1e-6)
    let there = try answer(turnedBy: 0)
    #expect(zip(there, away).contains { abs($0 - $1) > 1e-3 })
  }
}
