import Claw
import Demonstrations
import EnvironmentInterface
import Foundation
import Naming
import Push
import PushT
import Studio
import TestSupport
import Testing

/// A person's recording, with a clock that the test turns by hand.
@Suite struct RecordingSessionTests {
  private let folder: StudioTestFolder

  init() throws { folder = try StudioTestFolder() }

  private func session(
    _ environment: any Environment, in name: String = "mine.hdf5", seed: UInt64 = 5
  ) throws -> RecordingSession {
    let (recorder, seed) = try RecordingSession.recorder(
      for: folder.file(name), in: environment.description, seed: seed)
    return try RecordingSession(
      in: environment, into: recorder, seed: seed, author: "test",
      now: { Date(timeIntervalSince1970: 0) })
  }

  private func actions(_ episode: Episode) throws -> [Float] {
    try #require(episode.actions.numbers)
  }

  @Test func `Late input repeats the last command, and the recording holds what was executed`()
    throws
  {
    let session = try session(PushTEnvironment())
    try session.start()
    #expect(session.isWaiting)
    // Nothing is recorded before the first command.
    for _ in 0..<3 { try session.tick() }
    #expect(session.step == 0)
    try session.steer([100, 200])
    for _ in 0..<3 { try session.tick() }
    // Of two commands within a period the last one counts; what lies outside is clamped.
    try session.steer([1, 1])
    try session.steer([9000, -5])
    for _ in 0..<2 { try session.tick() }
    #expect(session.step == 5)
    #expect(try session.save() == 5)
    try session.close()

    let store = try DemonstrationStore(reading: folder.file("mine.hdf5"))
    let episode = try store.episode(0)
    #expect(try actions(episode) == [100, 200, 100, 200, 100, 200, 512, 0, 512, 0])
    #expect(episode.attributes.seed == 5)
    #expect(episode.attributes.recordedBy == "test")
    #expect(episode.attributes.recordedAt == "1970-01-01T00:00:00Z")
    #expect(episode.dones == [false, false, false, false, true])
  }

  @Test func `A replay of the recorded actions comes through the recorded states`() throws {
    let session = try session(PushEnvironment())
    try session.start()
    for step in 0..<40 {
      let angle = Float(step) * 0.15
      // Every third command comes too late.
      if step % 3 != 2 { try session.steer([0.6 * cosf(angle), 0.6 * sinf(angle)]) }
      try session.tick()
    }
    try session.save()
    try session.close()

    let episode = try DemonstrationStore(reading: folder.file("mine.hdf5")).episode(0)
    let states = try #require(episode.states)
    let recorded = try #require(states.numbers)
    let replay = PushEnvironment()
    replay.reset(seed: try #require(episode.attributes.seed))
    let acted = try actions(episode)
    for step in 0..<40 {
      let expected = Array(recorded[step * states.width..<(step + 1) * states.width])
      #expect(replay.state == expected, "step \(step)")
      _ = try replay.step(Array(acted[2 * step..<2 * step + 2]))
    }
  }

  @Test func `Every command has its time`() throws {
    let session = try session(PushTEnvironment())
    #expect(message { try session.save() }.contains("no steps yet"))
    #expect(message { try session.discard() }.contains("no episode is under way"))
    #expect(message { _ = try session.undo() }.contains("nothing to take back"))
    try session.start()
    #expect(message { try session.start() }.contains("save or discard it first"))
    #expect(message { try session.save() }.contains("no steps yet"))
    #expect(message { try session.steer([1]) }.contains("has 1 value, expected 2"))
    #expect(message { try session.steer([.nan, 1]) }.contains("NaN"))
    #expect(session.isWaiting)
    try session.steer([256, 256])
    try session.tick()
    try session.discard()
    #expect(session.phase == .idle)
    #expect(session.seed == 6)
    #expect(session.episodes == 0)
  }

  @Test func `An episode ends by itself, and no later command adds to it`() throws {
    let session = try session(PushTEnvironment())
    try session.start()
    try session.steer([10, 10])
    for _ in 0..<PushTEnvironment.episodeLimit + 10 { try session.tick() }
    #expect(session.phase == .ended)
    #expect(session.step == PushTEnvironment.episodeLimit)
    #expect(try session.save() == PushTEnvironment.episodeLimit)
  }

  @Test func `A lost connection lets go: time stands still until the next command`() throws {
    let session = try session(PushTEnvironment())
    try session.start()
    try session.steer([100, 100])
    try session.tick()
    session.letGo()
    for _ in 0..<5 { try session.tick() }
    #expect(session.step == 1)
    #expect(session.isWaiting)
    try session.steer([200, 200])
    try session.tick()
    #expect(session.step == 2)
  }

  @Test func `What is saved is durable at once, and what is undone is gone at once`() throws {
    let path = folder.file("mine.hdf5")
    let session = try session(PushTEnvironment())
    func episode() throws {
      try session.start()
      try session.steer([256, 256])
      for _ in 0..<4 { try session.tick() }
      try session.save()
    }
    try episode()
    #expect(try DemonstrationStore(reading: path).names == ["demo_0"])
    try episode()
    #expect(try DemonstrationStore(reading: path).names == ["demo_0", "demo_1"])
    #expect(try session.undo() == "demo_1")
    #expect(try DemonstrationStore(reading: path).names == ["demo_0"])
    try episode()
    #expect(session.undoableCount == 2)
    try session.close()
    let store = try DemonstrationStore(reading: path)
    #expect(store.names == ["demo_0", "demo_1"])
    #expect(try (0..<2).map { try store.episode($0).attributes.seed } == [5, 7])
    #expect(store.journalCount == 0)
  }

  @Test func `Recording goes on after the last episode's seed, and undoes nothing from before`()
    throws
  {
    let first = try session(PushTEnvironment(), seed: 40)
    try first.start()
    try first.steer([256, 256])
    try first.tick()
    try first.save()
    try first.close()
    let second = try session(PushTEnvironment(), seed: 0)
    #expect(second.seed == 41)
    #expect(second.episodes == 1)
    #expect(message { _ = try second.undo() }.contains("nothing to take back"))
    try second.close()
    #expect(message { _ = try session(PushEnvironment()) }.contains("cannot be continued"))
  }

  @Test func `A click is one action where a step takes as long as it takes`() throws {
    let session = try session(ClawEnvironment())
    #expect(session.steering.kind == .click)
    try session.start()
    try session.steer([0.2, 0.1])
    for _ in 0..<5 { try session.tick() }
    #expect(session.step == 1)
    #expect(session.executed == [0.2, 0.1])
  }

  @Test func `How an environment is steered follows from its spaces`() throws {
    let pushT = try Steering(PushTEnvironment().description)
    #expect(pushT.kind == .follow)
    #expect(pushT.hand == Steering.Place(observation: "agent_pos", index: 0))
    #expect((pushT.low, pushT.high) == ([0, 0], [512, 512]))
    let push = try Steering(PushEnvironment().description)
    #expect(push.hand == Steering.Place(observation: "state", index: 0))
    var arm = PushEnvironment().description
    arm.action = Space(
      "torques", [.init("shoulder", from: -1, to: 1), .init("elbow", from: -1, to: 1)])
    #expect(message { _ = try Steering(arm) }.contains("shoulder, elbow"))
  }
}
