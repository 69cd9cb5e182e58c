import Demonstrations
import EnvironmentInterface
import Evaluation
import ExternalEnvironments
import Foundation
import PushT
import Testing

/// Worlds of one process that act by one message.
@Suite(.enabled(if: Simulators.canRun, "needs Python")) struct JointStepTests {
  /// Eight episodes in two blocks of four, one after the other.
  private func play(
    _ name: String, lost: (LostEpisode) throws -> Void = { throw $0 }
  ) throws -> [Episode] {
    let registry = EnvironmentRegistry([try OtherPrograms.entry(name, timeout: .seconds(2))])
    var rollout = Rollout(episodes: 8, seed: 40, keeping: ["state"], keepsStates: true)
    (rollout.threads, rollout.blockSize) = (1, 4)
    return try rollout.run(
      environment: { try registry.make(name) }, agent: { Walker() }, lost: lost)
  }

  @Test func `a block's step is one message, and episodes are as if each were played alone`()
    throws
  {
    let simulators = try Simulators()
    defer { withExtendedLifetime(simulators) {} }
    let log = simulators.path("calls")
    let name = try simulators.misbehaving(
      answer: "open('\(log)', 'a').write(f\"{request['call']} {request.get('worlds')}\\n\")")
    let together = try play(name)
    let calls = try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n")
      .filter { $0.hasPrefix("step") }
    // Those that are there already act no more, so that the last steps are about fewer worlds.
    let longest = [together[..<4], together[4...]].map { $0.map(\.count).max() ?? 0 }
    #expect(calls.count == longest.reduce(0, +))
    let asked = calls.reduce(0) { $0 + $1.count { $0 == "," } + 1 }
    #expect(asked == together.reduce(0) { $0 + $1.count })
    let registry = EnvironmentRegistry([try OtherPrograms.entry(name)])
    for episode in together {
      var alone = Rollout(
        episodes: 1, seed: try #require(episode.attributes.seed), keeping: ["state"],
        keepsStates: true)
      alone.threads = 1
      let one = try alone.run(
        environment: { try registry.make(name) }, agent: { Walker() })
      #expect(one == [episode])
    }
  }

  @Test(arguments: [
    ("os._exit(7)", "ended with status 7 at 'step'"),
    ("os.kill(os.getpid(), 9)", "ended by signal 9 at 'step'"),
    ("time.sleep(100)", "did not answer 'step' within 2 s and was ended"),
    ("raise ValueError('it fell over')", "ValueError: it fell over"),
  ])
  func `a simulator that ends or hangs in the middle of a block loses the episode that made it`(
    code: String, reason: String
  ) throws {
    let simulators = try Simulators()
    defer { withExtendedLifetime(simulators) {} }
    let name = try simulators.misbehaving(step: "if self.seed == 42 and self.steps == 3: \(code)")
    let whole = try play("stdio:\(Simulators.example)")
    var lost: [LostEpisode] = []
    let episodes = try play(name) { lost.append($0) }
    #expect(lost.map(\.seed) == [42])
    #expect(lost.first?.reason.contains(reason) == true, "\(lost)")
    #expect(episodes == whole.filter { $0.attributes.seed != 42 })
    let said = #expect(throws: LostEpisode.self) { try play(name) }
    #expect(said?.seed == 42)
  }

  @Test func `a simulator that says what is wrong with one episode loses it, and lives on`()
    throws
  {
    let simulators = try Simulators()
    defer { withExtendedLifetime(simulators) {} }
    let log = simulators.path("processes")
    let name = try simulators.misbehaving(
      "open('\(log)', 'a').write(f'{os.getpid()}\\n')",
      answer: "if request['call'] == 'step' and any(worlds[w].seed == 42 and worlds[w].steps == 3 "
        + "for w in request['worlds']): return {'error': 'it fell over'}, []")
    var lost: [LostEpisode] = []
    let episodes = try play(name) { lost.append($0) }
    #expect(lost.map(\.description) == ["the episode of seed 42 is lost: it fell over"])
    #expect(episodes.count == 7)
    let processes = try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n")
    #expect(Set(processes).count == 1)
  }

  @Test func `a simulator that steps one world at a time plays all the same`() throws {
    let simulators = try Simulators()
    defer { withExtendedLifetime(simulators) {} }
    let name = try simulators.misbehaving(
      answer: "if request['call'] == 'step' and len(request['worlds']) > 1: "
        + "return {'error': 'one at a time'}, []")
    #expect(try play(name) == play("stdio:\(Simulators.example)"))
  }

  @Test func `worlds of several kinds and processes act together, each as alone`() throws {
    let example = "stdio:\(Simulators.example)"
    func worlds() throws -> [any Environment] {
      let (one, other) = (try OtherPrograms.entry(example), try OtherPrograms.entry(example))
      return [
        try one.make([:]), try other.make([:]),
        try PushTEnvironment.entry.make(PushTEnvironment.Options().values), try one.make([:]),
      ]
    }
    let (together, alone) = (try worlds(), try worlds())
    for (seed, world) in (together + alone).enumerated() { world.reset(seed: UInt64(seed % 4)) }
    let actions: [[Float]] = [[1, 0], [0, 1], [30, 400], [-1, -1]]
    for _ in 0..<5 {
      #expect(try together.step(actions) == zip(alone, actions).map { try $0.step($1) })
      for (world, twin) in zip(together, alone) { #expect(world.state == twin.state) }
    }
    // What is wrong with one action is told, and nothing was sent.
    let before = together.map(\.state)
    #expect(throws: EnvironmentError.self) {
      try [together[0], together[3]].step([[1, 0], [.nan, 0]])
    }
    #expect(together.map(\.state) == before)
  }
}
