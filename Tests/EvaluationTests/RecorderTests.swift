import Demonstrations
import EnvironmentInterface
import Testing

private func record(
  threads: Int, keepsFailures: Bool = false
) throws -> (episodes: [Episode], summary: Recorder.Summary) {
  var recorder = Recorder(episodes: 30, seed: 5, observations: ["state"])
  recorder.threads = threads
  recorder.keepsFailures = keepsFailures
  var episodes: [Episode] = []
  let summary = try recorder.record(
    environment: { WalkEnvironment() }, demonstrator: { _ in WalkDemonstrator() },
    each: { episode, _ in
      episodes.append(episode)
      return true
    })
  return (episodes, summary)
}

@Suite struct RecorderTests {
  @Test func `recordings are the same on any number of threads`() throws {
    let one = try record(threads: 1)
    for threads in [2, 7] {
      let many = try record(threads: threads)
      #expect(many.episodes == one.episodes)
      #expect(many.summary == one.summary)
    }
  }

  @Test func `failures are discarded and counted, unless they are wanted`() throws {
    let successes = try record(threads: 2)
    #expect(successes.summary.kept == 30 && successes.episodes.count == 30)
    #expect(successes.episodes.allSatisfy { $0.attributes.success == true })
    let lastSeed = try #require(successes.episodes.last?.attributes.seed)
    #expect(successes.summary.discarded == Int(lastSeed) - 5 + 1 - 30)
    #expect(successes.summary.discarded > 2)

    let all = try record(threads: 2, keepsFailures: true)
    #expect(all.episodes.map(\.attributes.seed) == (5..<35).map { UInt64($0) })
    #expect(all.episodes.contains { $0.attributes.success == false })
    #expect(all.summary.discarded == 0)
  }

  @Test func `choices and behaviour are noted and agree`() throws {
    for episode in try record(threads: 2).episodes {
      #expect(episode.attributes.choices["direction"] == episode.attributes.behaviour["side"])
    }
  }

  @Test func `a demonstrator that never succeeds is given up`() throws {
    final class Idle: Demonstrator {
      func begin(seed: UInt64) {}
      func action() -> [Float] { [0] }
      let choices: [String: String] = [:]
    }
    let error = #expect(throws: RecordingError.self) {
      try Recorder(episodes: 5, seed: 0, observations: ["state"]).record(
        environment: { WalkEnvironment() }, demonstrator: { _ in Idle() }, each: { _, _ in true })
    }
    #expect(
      error
        == .demonstratorFails(environment: "walk", attempts: 200, successes: 0))
  }

  @Test func `the caller may stop, and its errors come through`() throws {
    struct Full: Error {}
    let recorder = Recorder(episodes: 30, seed: 5, observations: ["state"])
    let summary = try recorder.record(
      environment: { WalkEnvironment() }, demonstrator: { _ in WalkDemonstrator() },
      each: { _, summary in summary.kept < 4 })
    #expect(summary.kept == 4)
    #expect(throws: Full.self) {
      try recorder.record(
        environment: { WalkEnvironment() }, demonstrator: { _ in WalkDemonstrator() },
        each: { _, _ in throw Full() })
    }
  }
}
