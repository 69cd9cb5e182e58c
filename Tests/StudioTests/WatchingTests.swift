import Demonstrations
import Diffusion
import EnvironmentInterface
import Foundation
import Imitation
import PushT
import Studio
import TestSupport
import Testing

/// A policy that acts while somebody watches.
@Suite struct WatchingTests {
  private let folder: StudioTestFolder
  private let checkpoint: Checkpoint

  init() throws {
    folder = try StudioTestFolder()
    try PushTRecording.write(to: folder.file("stir.hdf5"), episodes: 3, steps: 25)
    checkpoint = try PushTRecording.policy(
      of: folder.file("stir.hdf5"), to: folder.file("run"))
  }

  private func session(seed: UInt64 = 3) throws -> WatchingSession {
    try WatchingSession(checkpoint, in: PushTEnvironment(), seed: seed)
  }

  @Test func `Who is watched acts as in a rollout`() throws {
    let session = try session()
    let policy = try Policy(checkpoint, capacity: 1)
    let environment = PushTEnvironment()
    environment.reset(seed: 3)
    var window: [ObservationFrame] = []
    var plan: [[Float]] = []
    for step in 0..<12 {
      window = try window.suffix(1) + [environment.observations(policy.observationNames)]
      if plan.isEmpty {
        let key = DecisionKey(seed: 3, step: step)
        plan = try policy.act([ObservationWindow(window)], keys: [key])[0]
      }
      _ = try environment.step(plan.removeFirst())
      try session.tick()
      #expect(session.environment.state == environment.state, "step \(step)")
    }
    let decision = try #require(session.decision)
    #expect(decision.serial == 6)
    #expect(decision.step == 10)
    #expect(decision.milliseconds > 0)
  }

  @Test func `The cloud goes from noise to actions, and the chosen chunk is its first`() throws {
    let session = try session()
    try session.tick()
    let decision = try #require(session.decision)
    #expect(decision.times == [8, 7, 6, 5, 4, 3, 2, 1, 0])
    #expect(decision.candidates == WatchingSession.cloudSize)
    #expect(decision.stages.allSatisfy { $0.count == 100 * 4 * 2 })
    // The first candidate has the noise of a decision with one: it is that decision.
    let chosen = decision.chosen.flatMap { $0 }
    let last = try #require(decision.stages.last)
    let scale = session.normalizer.action
    for (index, value) in chosen.enumerated() {
      let (low, high) = (scale.low[index % 2], scale.high[index % 2])
      let expected = min(max(last[index], low), high)
      #expect(abs(value - expected) < 0.01, "value \(index): \(value), not \(expected)")
    }
    // Pure noise, in normalised actions, has mean 0 and variance 1: 400 draws a dimension.
    let noise = try #require(decision.stages.first)
    for dimension in 0..<2 {
      let half = (scale.high[dimension] - scale.low[dimension]) / 2
      let middle = (scale.high[dimension] + scale.low[dimension]) / 2
      let values = stride(from: dimension, to: noise.count, by: 2).map {
        Double((noise[$0] - middle) / half)
      }
      let mean = values.reduce(0, +) / Double(values.count)
      let variance = values.reduce(0) { $0 + $1 * $1 } / Double(values.count)
      #expect(abs(mean) < 0.2 && abs(variance - 1) < 0.3, "mean \(mean), variance \(variance)")
    }
  }

  @Test func `A trace changes no decision`() throws {
    let policy = try Policy(checkpoint, capacity: 1)
    let environment = PushTEnvironment()
    let window = ObservationWindow([try environment.observations(policy.observationNames)])
    let key = DecisionKey(seed: 1, step: 4)
    let before = try policy.chunks([window], keys: [key])
    let trace = try #require(try policy.trace(window, key: key))
    #expect([trace.chosen] == before)
    #expect(try policy.chunks([window], keys: [key]) == before)
    #expect(trace.stages.count == 9)
    #expect((trace.candidates, trace.horizon, trace.actionWidth) == (1, 4, 2))
  }

  @Test func `Another way to sample serves the next decision; an impossible one changes nothing`()
    throws
  {
    let session = try session()
    var sampler = try #require(session.sampler)
    #expect(session.samplers.starts(with: [.ddpm, .ddim]))
    sampler.kind = .ddim
    sampler.noiseSteps.count = 3
    sampler.noiseSteps.extraSteps = 2
    try session.sample(with: sampler)
    try session.tick()
    #expect(session.decision?.times == [8, 4, 1, 1, 1, 0])
    var impossible = sampler
    impossible.guidance = 2
    #expect(message { try session.sample(with: impossible) }.contains("guidance"))
    impossible = sampler
    impossible.noiseSteps.count = 9
    #expect(message { try session.sample(with: impossible) }.contains("sampling steps"))
    #expect(session.sampler == sampler)
    sampler.candidates = 130
    try session.sample(with: sampler)
    try session.tick()
    #expect(session.decision?.candidates == 130)
  }

  @Test func `Every sampler that the policy has shows its way from noise to actions`() throws {
    let session = try session()
    #expect(session.samplers == [.ddpm, .ddim, .dpmSolver, .heun, .euler])
    for kind in session.samplers {
      var sampler = try #require(session.sampler)
      sampler.kind = kind
      sampler.noiseSteps.count = 3
      try session.sample(with: sampler)
      let before = session.decision?.serial
      while session.decision?.serial == before, !session.isFinished { try session.tick() }
      let decision = try #require(session.decision)
      // Heun asks twice at each noise step but the first, and the second, which lies too far down.
      #expect(decision.times == (kind == .heun ? [8, 4, 1, 1, 0] : [8, 4, 1, 0]), "\(kind)")
    }
  }

  @Test func `A person takes over, and gives back`() throws {
    let session = try session()
    for _ in 0..<3 { try session.tick() }
    session.takeOver()
    // The world waits for the person's first command, then repeats the last.
    for _ in 0..<4 { try session.tick() }
    #expect(session.step == 3)
    try session.steer([50, 60])
    for _ in 0..<4 { try session.tick() }
    #expect(session.step == 7)
    #expect(session.decision?.serial == 2)
    session.giveBack()
    try session.tick()
    #expect(session.step == 8)
    #expect(session.decision?.step == 7)
  }

  @Test func `A policy with latents is shown among those of its demonstrations`() throws {
    let checkpoint = try PushTRecording.policy(
      of: folder.file("stir.hdf5"), to: folder.file("latent"), method: ConditionalVAE())
    let plane = LatentPlane(
      places: [.zero, .one], labels: [0, 1], behaviours: ["left", "right"], shares: [0.75, 0.25],
      place: { SIMD2($0[0], $0[1]) })
    let page = WatchingPage(
      EnvironmentRegistry([PushTEnvironment.entry]), in: try StudioFolder(folder.path),
      latents: { _, path in
        #expect(path.hasSuffix("/stir.hdf5"))
        return plane
      })
    page.connected(1)
    func load() {
      #expect(page.receive(Data(#"{"type": "load", "policy": "latent"}"#.utf8), from: 1))
    }
    func documents() throws -> [[String: Any]] {
      try page.documents(for: 1).map {
        try #require(JSONSerialization.jsonObject(with: $0) as? [String: Any])
      }
    }
    load()
    let first = try documents()
    #expect(first.map { $0["kind"] as? String } == ["watching", "latents"])
    #expect(first[1]["labels"] as? [Int] == [0, 1])
    page.tick()
    let second = try documents()
    #expect(second.map { $0["kind"] as? String } == ["watching", "decision"])
    #expect(
      (second[1]["places"] as? [String: Any])?["shape"] as? [Int]
        == [WatchingSession.cloudSize + 1, 2])
    // One whose demonstrations are elsewhere is watched without, and that is said.
    try FileManager.default.moveItem(
      atPath: folder.file("stir.hdf5"), toPath: folder.file("other.hdf5"))
    load()
    let third = try documents()
    #expect(third.map { $0["kind"] as? String } == ["watching"])
    let note = (third[0]["note"] as? [String: Any])?["text"] as? String ?? ""
    #expect(note.contains("its demonstrations are not in the folder"))

    // Where a decision lies is what the encoder says of it.
    let session = try WatchingSession(checkpoint, in: PushTEnvironment(), seed: 3)
    session.place(in: plane)
    let seen = try session.environment.observations(checkpoint.normalizer.observationNames)
    try session.tick()
    let decision = try #require(session.decision)
    let encoder = try #require(try ChunkEncoder(checkpoint))
    let latent = try encoder.latents(of: [decision.chosen], at: ObservationWindow([seen]))[0]
    #expect(decision.places.last == SIMD2(latent[0], latent[1]))
    #expect(Set(decision.places).count > 50)
  }

  @Test func `A policy for another environment is refused`() throws {
    let folder = try StudioFolder(folder.path)
    let page = WatchingPage(EnvironmentRegistry([PushTEnvironment.entry]), in: folder)
    page.connected(1)
    func note(_ text: String) throws -> String {
      #expect(page.receive(Data(text.utf8), from: 1))
      let document = try #require(page.documents(for: 1).first)
      let object = try #require(JSONSerialization.jsonObject(with: document) as? [String: Any])
      return (object["note"] as? [String: Any])?["text"] as? String ?? ""
    }
    #expect(try note(#"{"type": "load", "policy": "../run"}"#).contains("not inside the folder"))
    #expect(try note(#"{"type": "load", "policy": "none"}"#).contains("none"))
    #expect(try note(#"{"type": "pause"}"#).contains("no policy is loaded"))
    #expect(try note(#"{"type": "load", "policy": "run"}"#) == "Loaded run.")
    #expect(page.period == .milliseconds(100))
    page.tick()
    // What is told: the state, and the decision once.
    #expect(page.documents(for: 1).count == 2)
    #expect(page.documents(for: 1).count == 1)
    let choice =
      #"{"type": "sampler", "kind": "ddpm", "steps": null, "eta": 0, "extraSteps": 9999, "#
      + #""guidance": 0, "candidates": 1, "bandwidth": 0.2}"#
    #expect(try note(choice).contains("'extraSteps' must be in"))
    #expect(try note(#"{"type": "pause"}"#).contains("extraSteps"))
    #expect(page.period == nil)
  }
}
