import Demonstrations
import Diffusion
import EnvironmentInterface
import Foundation
import Imitation
import Neural
import Randomness
import TestSupport
import Testing

/// Actions that are distances from where one is.
@Suite struct RelativeActionTests {
  private let folder: TemporaryFolder
  private let path: String
  private let horizons: Horizons

  init() throws {
    folder = try TemporaryFolder()
    path = folder.file("demos.hdf5")
    horizons = try Horizons(observation: 2, prediction: 3, action: 2)
  }

  /// What people do at a pull from −1 to 1: they go that way, twice as far on the second axis.
  private func way(_ pull: Double) -> SIMD2<Double> { [pull, 0.5 - 2 * pull] }

  /// Writes episodes in which one stands anywhere about a place and goes where a pull says; returns
  /// places and actions.
  @discardableResult
  private func write(
    about place: Double = 0, episodes: Int = 30, steps: Int = 12
  ) throws -> [[(place: SIMD2<Double>, action: SIMD2<Double>)]] {
    var stream = RandomStream(seed: 3, purpose: .demonstrator)
    var written: [[(SIMD2<Double>, SIMD2<Double>)]] = []
    try HDF5File.create(path) { root in
      let data = try root.createGroup("data")
      for episode in 0..<episodes {
        // All of an episode at one place, so that a chunk's actions lie about it.
        let pull = stream.uniform(from: -1, to: 1)
        let here = SIMD2(stream.uniform(from: -5, to: 5), stream.uniform(from: -5, to: 5)) + place
        let action = here + way(pull)
        let demo = try data.createGroup("demo_\(episode)")
        try demo.write(
          "actions", dimensions: [steps, 2], (0..<steps).flatMap { _ in [action.x, action.y] })
        let seen = try demo.createGroup("obs")
        try seen.write("pull", dimensions: [steps, 1], Array(repeating: pull, count: steps))
        try seen.write(
          "place", dimensions: [steps, 2], (0..<steps).flatMap { _ in [here.x, here.y] })
        written.append(Array(repeating: (here, action), count: steps))
      }
    }
    return written
  }

  private func configuration(_ change: (inout PolicyConfiguration) -> Void) -> TrainingConfiguration
  {
    var policy = PolicyConfiguration(
      method: RegressionMethod(), backbone: MLP(hiddenWidth: 32, depth: 2),
      observations: ["pull"], relative: ["actions=place"], horizons: horizons)
    change(&policy)
    return TrainingConfiguration(
      policy: policy, steps: 600, batch: 64, learningRate: LearningRate(peak: 3e-3))
  }

  @Test(arguments: [0.0, 4_000_000])
  func `windows hold distances, in memory and on disk`(_ about: Double) throws {
    let written = try write(about: about)
    let store = try DemonstrationStore(reading: path)
    for memory in [WindowDataset.defaultMemory, ByteCount(4096)] {
      let windows = try WindowDataset(
        store, observations: ["pull"], horizons: horizons,
        marks: ValueMarks(relative: [RelativeMark(parsing: "actions=place")]), memory: memory)
      let pairs = windows.normalizer.relative?.map { "\($0)" } ?? []
      #expect(pairs == ["actions.0=place.0", "actions.1=place.1"])
      var seen = [Float](repeating: 9, count: windows.observationWidth)
      var chunk = [Float](repeating: 9, count: windows.chunkWidth)
      for window in stride(from: 0, to: windows.count, by: 7) {
        let (episode, step) = windows.origin(of: window)
        windows.gather(window: window, observation: &seen, action: &chunk)
        let (place, action) = written[episode][step]
        for row in 0..<3 {
          let values = try windows.normalizer.values(
            ofAction: Array(chunk[2 * row..<2 * row + 2]))
          expectClose(
            values, [action.x - place.x, action.y - place.y], absolute: 1e-5, "distance")
        }
        // A pull and two places that nobody is to see, for each of two steps.
        #expect([1, 2, 4, 5].allSatisfy { seen[$0] == 0 })
      }
    }
  }

  @Test func `who does not see where he is acts everywhere alike`() throws {
    try write()
    let output = folder.file("run")
    try Trainer(configuration { _ in }, demonstrations: DemonstrationStore(reading: path))
      .run(output: output)
    let policy = try Policy(contentsOf: output)
    #expect(policy.observationNames == ["pull", "place"])
    let key = DecisionKey(seed: 1, step: 0)
    func frame(_ pull: Double, _ x: Double, _ y: Double) -> ObservationFrame {
      ["pull": .float64([pull]), "place": .float64([x, y])]
    }
    for pull in [-0.6, 0.1, 0.8] {
      // The places of the past do not count.
      let window = [frame(pull, 90, 90), frame(pull, 1, -2)]
      let actions = try policy.actions([ObservationWindow(window)], keys: [key])[0]
      for action in actions {
        let right = way(pull) + SIMD2(1, -2)
        expectClose(action, [right.x, right.y], absolute: 0.1)
      }
      // Elsewhere, where nobody has ever been.
      let far = [frame(pull, 0, 0), frame(pull, 100_001, -302)]
      let there = try policy.actions([ObservationWindow(far)], keys: [key])[0]
      for (a, b) in zip(there, actions) {
        expectClose(a, [b[0] + 100_000, b[1] - 300], absolute: 1e-6)
      }
      // In the caller's memory, through the control loop, and as JSON.
      var room = [Double](repeating: 0, count: 4)
      var span = room.mutableSpan
      try policy.act(numbers: [pull, 0, 0, pull, 100_001, -302].span, key: key, into: &span)
      #expect(room == there.flatMap { $0 })
      var loop = RecedingHorizon(policy, seed: 1)
      expectClose(
        try loop.action(seeing: far[1], step: 0), there[0].map { Float($0) }, absolute: 0.01)
      let line = try JSONSerialization.data(withJSONObject: [
        "observations": ["pull": [[pull], [pull]], "place": [[0, 0], [100_001, -302]]], "seed": 1,
      ])
      let answer = try #require(
        JSONSerialization.jsonObject(with: DecisionService(policy).answer(line)) as? [String: Any])
      let numbers = try #require(answer["actions"] as? [[NSNumber]]).flatMap {
        $0.map(\.doubleValue)
      }
      expectClose(numbers, there.flatMap { $0 }, absolute: 1e-3)
    }
  }

  @Test func `a denoiser's way to its answer ends at the answer`() throws {
    try write()
    let trainer = try Trainer(
      configuration {
        $0.method = DenoisingDiffusion(schedule: .init(kind: .cosine, steps: 5))
        $0.observations = ["pull", "place"]
      }, demonstrations: DemonstrationStore(reading: path))
    try trainer.run()
    let policy = try Policy(trainer.checkpoint)
    let window = ObservationWindow([["pull": .float64([0.2]), "place": .float64([3, 4])]])
    let key = DecisionKey(seed: 2, step: 0)
    let trace = try #require(try policy.trace(window, key: key))
    expectClose(
      try #require(trace.stages.last).chunks, trace.chosen.flatMap { $0 }, absolute: 0.2)
    #expect(try policy.chunks([window], keys: [key])[0] == trace.chosen)
  }

  @Test func `a training that says nothing of it writes nothing of it`() throws {
    try write()
    let output = folder.file("plain")
    var plain = configuration { $0.relative = nil }
    plain.steps = 2
    try Trainer(plain, demonstrations: DemonstrationStore(reading: path)).run(output: output)
    for name in ["config.json", "normalizer.json"] {
      let text = try String(contentsOfFile: "\(output)/\(name)", encoding: .utf8)
      #expect(!text.contains("relative") && !text.contains("unseen"))
    }
  }

  @Test func `what cannot be relative is told in one line`() throws {
    try write()
    func text(_ change: (inout PolicyConfiguration) -> Void) -> String {
      message {
        _ = try Trainer(configuration(change), demonstrations: DemonstrationStore(reading: path))
      }
    }
    #expect(text { $0.relative = ["actions"] }.contains("actions.0=agent_pos.0"))
    #expect(text { $0.relative = ["actions.0=pull"] }.contains("actions.0=pull"))
    #expect(text { $0.relative = ["actions=pull"] }.contains("actions have 2 and 'pull' 1"))
    #expect(text { $0.relative = ["actions.0=pull.1"] }.contains("actions.0=pull.1"))
    #expect(text { $0.relative = ["actions.7=place.0"] }.contains("actions.7=place.0"))
    #expect(
      text { $0.relative = ["actions.0=place.0", "actions=place"] }.contains("no number of its own")
    )
    #expect(text { $0.normalisation = ["actions=quantile"] }.contains("scaled by range"))
    #expect(text { $0.angles = ["actions.1"] }.contains("neither angles nor discrete"))
    #expect(
      text {
        $0.backbone = SceneMixture(hiddenWidth: 16, entities: ["me=place:0"])
        $0.method = DenoisingDiffusion()
        $0.observations = ["pull", "place"]
      }.contains("left out for a scene"))
  }
}
