import Demonstrations
import EnvironmentInterface
import Foundation
import Imitation
import TestSupport
import Testing

/// Policies that estimators tell what they look at.
@Suite struct EstimatingAgentTests {
  private let folder: TemporaryFolder
  private let store: DemonstrationStore

  /// Recordings in which `place` is (2 · sight, heading), an angle; the action is place · (1, −1).
  init() throws {
    folder = try TemporaryFolder()
    let environment = EnvironmentDescription(
      name: "toy", options: [:],
      observations: [
        Space("sight", [.init("s", from: -1, to: 1), .init("c", from: -1, to: 1)]),
        Space(
          "place", [.init("x", from: -2, to: 2), .init("heading", from: 0, to: 7, isAngle: true)]),
      ],
      action: Space("action", [.init("u", from: -7, to: 7), .init("v", from: -7, to: 7)]),
      controlRate: 10, episodeLimit: 10, subtasks: [])
    let recorder = try DemonstrationRecorder(
      path: folder.file("toy.hdf5"), environment: environment)
    for episode in 0..<40 {
      var (sights, places, actions): ([Float], [Float], [Float]) = ([], [], [])
      for step in 0..<10 {
        let heading = Float(episode * 10 + step) / 400 * 2 * .pi
        let x = Float((episode * 7 + step * 3) % 40) / 20 - 1
        sights += [x, cos(heading)]
        places += [2 * x, heading]
        actions += [2 * x, -heading]
      }
      try recorder.append(
        Episode(
          actions: Series(shape: [2], elements: .float32(actions)),
          observations: [
            "sight": Series(shape: [2], elements: .float32(sights)),
            "place": Series(shape: [2], elements: .float32(places)),
          ],
          rewards: Array(repeating: 0, count: 10), dones: (0..<10).map { $0 == 9 }))
    }
    try recorder.close()
    store = try DemonstrationStore(reading: folder.file("toy.hdf5"))
  }

  private func trained(
    looks names: [String], actions: String? = nil, observation: Int = 1
  ) throws -> Policy {
    let configuration = TrainingConfiguration(
      policy: try PolicyConfiguration(
        observations: names, horizons: Horizons(observation: observation, prediction: 1, action: 1)
      ).of("mse", "mlp", BackboneRegistry.small),
      steps: 40, batch: 32, actions: actions)
    let trainer = try Trainer(configuration, demonstrations: store, threads: 1)
    try trainer.run()
    return try Policy(trainer.checkpoint, capacity: 4)
  }

  @Test func `what is learnt may be an observation, with the meaning of its values`() throws {
    let data = try WindowDataset(store, actions: "obs/place", observations: ["sight"])
    // The angle is two features, as the environment says that it is one.
    #expect(data.actionWidth == 3)
    let episode = try store.episode(3)
    let expected = try #require(episode.observations["place"]).floats
    #expect(data.normalizer.action.angles == [1])
    // Window 34 is step 4 of episode 3; the places shown are from -2 to 1.9.
    let chunk = Array(try data.chunks()[34 * 3..<35 * 3])
    let wanted = [(expected[8] + 0.05) / 1.95, cos(expected[9]), sin(expected[9])]
    expectClose(chunk, wanted.map { Double($0) }, relative: 1e-5, absolute: 1e-5)
    let other = try WindowDataset(store, observations: ["sight"], digesting: true)
    #expect(
      try WindowDataset(store, actions: "obs/place", observations: ["sight"], digesting: true)
        .digest != other.digest)
  }

  @Test func `a picture is not learnt in place of actions`() throws {
    let path = folder.file("pictures.hdf5")
    let environment = EnvironmentDescription(
      name: "toy", options: [:],
      observations: [
        Space("sight", [.init("s", from: -1, to: 1)]),
        Space(image: "image", height: 16, width: 16),
      ],
      action: Space("action", [.init("u", from: -1, to: 1)]), controlRate: 10, episodeLimit: 10,
      subtasks: [])
    let recorder = try DemonstrationRecorder(path: path, environment: environment)
    try recorder.append(
      Episode(
        actions: Series(shape: [1], elements: .float32([0, 1])),
        observations: [
          "sight": Series(shape: [1], elements: .float32([0, 1])),
          "image": Series(
            shape: [16, 16, 3], elements: .uint8(Array(repeating: 7, count: 2 * 16 * 16 * 3))),
        ], rewards: [0, 0], dones: [false, true]))
    try recorder.close()
    let error = #expect(throws: DemonstrationError.self) {
      _ = try WindowDataset(
        DemonstrationStore(reading: path), actions: "obs/image", observations: ["sight"])
    }
    #expect(error.map { "\($0)".contains("pictures") } == true)
  }

  @Test func `an unknown dataset is refused by its name`() {
    for (name, words) in [("obs/plaec", "obs/place"), ("actions_abs", "actions_abs")] {
      let error = #expect(throws: DemonstrationError.self) {
        _ = try WindowDataset(store, actions: name, observations: ["sight"])
      }
      #expect(error.map { "\($0)".contains(words) } == true, "\(String(describing: error))")
    }
  }

  @Test(arguments: [1, 2], [1, 3])
  func `it decides as the policy does that is told by hand`(_ policySees: Int, _ sees: Int) throws {
    let policy = try trained(looks: ["place"], observation: policySees)
    let estimator = try trained(looks: ["sight"], actions: "obs/place", observation: sees)
    #expect(estimator.estimatedObservation == "place" && policy.estimatedObservation == nil)
    let agent = try EstimatingAgent(policy, told: [estimator])
    #expect(agent.observationNames == ["sight"])
    #expect(agent.observationHorizon == policySees + sees - 1)
    // Windows of the length that it asks for, and shorter ones.
    let windows = [1, 2, 5].map { count in
      ObservationWindow(
        (0..<count).map { ["sight": .float32([Float($0) / 5 - 0.3, Float(count) / 10])] })
    }
    let keys = (0..<3).map { DecisionKey(seed: 7, step: $0) }
    let told = try zip(windows, keys).map { window, key in
      let frames = window.observations
      return ObservationWindow(
        try frames.indices.suffix(policySees).map { end in
          let seen = ObservationWindow(Array(frames[...end]))
          return ["place": .float32(try estimator.act(seen, key: key)[0])]
        })
    }
    #expect(try agent.act(windows, keys: keys) == policy.act(told, keys: keys))
    try agent.checkFits(try #require(store.environment))
  }

  @Test func `documents give what is looked at and not what is estimated`() throws {
    let policy = try trained(looks: ["place"])
    let estimator = try trained(looks: ["sight"], actions: "obs/place")
    let agent = try EstimatingAgent(policy, told: [estimator])
    let service = DecisionService(agent, batching: { agent })
    func answer(_ document: String) throws -> [String: Any] {
      let answer = service.answer(Data(document.utf8))
      return try #require(JSONSerialization.jsonObject(with: answer) as? [String: Any])
    }
    let seen = ObservationWindow([["sight": .float64([0.25, -0.5])]])
    let expected = try agent.actions([seen], keys: [DecisionKey(seed: 7, step: 0)])[0]
    let window = #"{"observations": {"sight": [[0.25, -0.5]]}, "seed": 7}"#
    let alone = try #require(answer(window)["actions"] as? [[Double]])
    expectClose(alone[0], expected[0], relative: 1e-6)
    let both = try #require(answer("{\"windows\": [\(window), \(window)]}")["answers"] as? [Any])
    #expect(both.count == 2)
    for answer in both {
      #expect((answer as? [String: Any])?["actions"] as? [[Double]] == alone)
    }
    let told = try answer(#"{"observations": {"place": [[0, 0]], "sight": [[0, 0]]}}"#)
    #expect((told["error"] as? String)?.contains("the policy looks at sight") == true)
  }

  @Test func `what does not fit is refused in words`() throws {
    let policy = try trained(looks: ["place"])
    let estimator = try trained(looks: ["sight"], actions: "obs/place")
    let other = try trained(looks: ["place"], actions: "obs/sight")
    func refused(_ expected: String, _ estimators: [Policy], by policy: Policy) {
      let error = #expect(throws: ImitationError.self) {
        _ = try EstimatingAgent(policy, told: estimators)
      }
      #expect(error.map { "\($0)".contains(expected) } == true, "\(String(describing: error))")
    }
    refused("--actions obs/NAME", [policy], by: policy)
    refused("tells 'sight', but the policy looks at place", [other], by: policy)
    refused("two estimators", [estimator, estimator], by: policy)
    let error = #expect(throws: ImitationError.self) {
      try estimator.checkFits(try #require(store.environment))
    }
    #expect(error.map { "\($0)".contains("estimates 'place'") } == true)
  }
}
