import Demonstrations
import EnvironmentInterface
import Evaluation
import ExternalEnvironments
import Foundation
import Imitation
import PushT
import Testing

@Suite(.enabled(if: Simulators.canRun, "needs Python")) struct ExternalEnvironmentTests {
  private func example() throws -> any Environment {
    let name = "stdio:\(Simulators.example)"
    return try EnvironmentRegistry([OtherPrograms.entry(name)]).make(name)
  }

  private func message(_ body: () throws -> Void) -> String {
    do {
      try body()
      return "nothing was thrown"
    } catch {
      return String(describing: error)
    }
  }

  @Test func `a simulator in another language is looked at, acted in, saved and drawn`() throws {
    let world = try example()
    #expect(world.description.name == "stdio:\(Simulators.example)")
    #expect(world.description.subtasks == ["there"])
    world.reset(seed: 7)
    guard case .float32(let start) = try world.observation("state") else {
      Issue.record("no numbers")
      return
    }
    let saved = world.state
    #expect(saved == start + [0])
    var results: [StepResult] = []
    while results.last?.isFinished != true { try results.append(world.step([1, 0.25])) }
    // 0.1 a step until the wall, which is at 1.
    guard case .float32(let end) = try world.observation("state") else { return }
    #expect(abs(end[0] - min(1, start[0] + 0.1 * Float(results.count))) < 1e-5)
    #expect(abs(end[1] - min(1, start[1] + 0.025 * Float(results.count))) < 1e-5)
    try world.restore(saved)
    #expect(try world.observation("state") == .float32(start))
    guard case .picture(let picture, _, _)? = world.scene.shapes.first?.outline else {
      Issue.record("no picture")
      return
    }
    #expect((picture.width, picture.height) == (96, 96))
    // The point is blue, 8 pixels wide, where the state says.
    let column = Int((start[0] + 1) / 2 * 88) + 4
    let row = Int((1 - start[1]) / 2 * 88) + 4
    let pixel = 3 * (row * 96 + column)
    #expect(picture.bytes[pixel..<pixel + 3] == Data([0x20, 0x20, 0x80]))
  }

  @Test func `its demonstrator brings the point there`() throws {
    let entry = try OtherPrograms.entry("stdio:\(Simulators.example)")
    let world = try entry.make([:])
    let demonstrator = try entry.makeDemonstrator(world)
    for seed: UInt64 in 0..<5 {
      world.reset(seed: seed)
      demonstrator.begin(seed: seed)
      var last: StepResult?
      while last?.isFinished != true { last = try world.step(demonstrator.action()) }
      #expect(last?.isSuccess == true)
      #expect(last?.completed == [0])
    }
  }

  @Test func `threads have processes of their own, and episodes do not depend on them`() throws {
    let name = "stdio:\(Simulators.example)"
    let registry = EnvironmentRegistry([try OtherPrograms.entry(name)])
    var rollout = Rollout(episodes: 10, seed: 40, keeping: ["state"], keepsStates: true)
    rollout.blockSize = 3
    rollout.threads = 3
    let many = try rollout.run(environment: { try registry.make(name) }, agent: { Walker() })
    rollout.threads = 1
    rollout.blockSize = 10
    let one = try rollout.run(environment: { try registry.make(name) }, agent: { Walker() })
    #expect(many == one)
    #expect(many.allSatisfy { $0.attributes.success == true })
  }

  @Test(arguments: [
    ("if seed == 43: os._exit(7)", "ended with status 7 at 'reset'"),
    ("if seed == 43: os.kill(os.getpid(), 9)", "ended by signal 9 at 'reset'"),
    ("if seed == 43: time.sleep(100)", "did not answer 'reset' within 1 s and was ended"),
    (
      "if seed == 43: print('what is to be seen here', flush=True)",
      "answered 'reset' with a message"
    ),
    ("if seed == 43: raise ValueError('no such place')", "ValueError: no such place"),
  ])
  func `an episode whose simulator ends, hangs or babbles is named, and the others are played`(
    code: String, reason: String
  ) throws {
    let simulators = try Simulators()
    let name = try simulators.misbehaving(code)
    let registry = EnvironmentRegistry([
      try OtherPrograms.entry(name, timeout: .seconds(1))
    ])
    var rollout = Rollout(episodes: 8, seed: 40, keeping: ["state"])
    rollout.threads = 2
    rollout.blockSize = 4
    var lost: [LostEpisode] = []
    let episodes = try rollout.run(
      environment: { try registry.make(name) }, agent: { Walker() }, lost: { lost.append($0) })
    #expect(lost.map(\.seed) == [43])
    #expect(lost.first?.reason.contains(reason) == true, "\(lost)")
    #expect(episodes.map(\.attributes.seed) == [40, 41, 42, 44, 45, 46, 47])
    // Unless it is to go on, the first loss ends it.
    let said = message {
      _ = try rollout.run(environment: { try registry.make(name) }, agent: { Walker() })
    }
    #expect(said.contains("the episode of seed 43 is lost: "), "\(said)")
  }

  @Test func `what a reset could not throw, the next observation throws`() throws {
    let simulators = try Simulators()
    let name = try simulators.misbehaving("if seed == 3: os._exit(1)")
    let world = try OtherPrograms.entry(name).make([:])
    world.reset(seed: 3)
    #expect(world.state.isEmpty)
    #expect(message { _ = try world.observation("state") }.contains("status 1 at 'reset'"))
    #expect(message { _ = try world.step([0, 0]) }.contains("status 1 at 'reset'"))
    // The next episode begins in another process.
    world.reset(seed: 4)
    let other = try OtherPrograms.entry(name).make([:])
    other.reset(seed: 4)
    #expect(!world.state.isEmpty)
    #expect(world.state == other.state)
    #expect(try world.step([0, 0]) == other.step([0, 0]))
  }

  @Test func `a program is found behind a path with spaces`() throws {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("it's a \"simulator\" \(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("my simulator.py").path
    try FileManager.default.copyItem(atPath: Simulators.example, toPath: path)
    let escaped = path.map { " '\"".contains($0) ? "\\\($0)" : "\($0)" }.joined()
    let quoted = "\"" + path.replacing("\"", with: "\\\"") + "\""
    for command in [escaped, quoted, "'/usr/bin/python3'  \(escaped)"] {
      let world = try OtherPrograms.entry("stdio:\(command)").make([:])
      #expect(world.description.name == "stdio:\(command)")
    }
    #expect(message { _ = try OtherPrograms.entry("stdio:'a b") }.contains("is not closed"))
  }

  @Test(arguments: [
    ("stdio:false", "ended with status 1 at 'hello'"),
    ("stdio:yes", "answered 'hello' with a message of"),
    ("stdio:/no/such/program", "No such file"),
    ("stdio:", "unknown kind of environment"),
    ("gym:Push", "unknown kind of environment"),
  ])
  func `a program that is no simulator is told from one`(name: String, reason: String) {
    let said = message { _ = try OtherPrograms.entry(name) }
    #expect(said.contains(reason), "\(said)")
  }
}
