import Demonstrations
import Diffusion
import Drawing
import EnvironmentInterface
import Environments
import Evaluation
import Foundation
import Imitation
import Naming
import Neural
import Randomness
import TestSupport
import Testing

/// What the libraries' pages show does what they say; `ArticleTests` compares the lines.
@Suite struct PageTests {
  private static let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../ImitationTests/Fixtures/format2").standardized.path
  private let path = "\(Self.fixtures)/push.hdf5"

  private static func page(_ path: String) throws -> String {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../..").standardized
    return try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
  }

  @Test func `the pages of methods and metrics leave none out`() throws {
    let methods = try Self.page("Sources/PolicyRuntime/PolicyRuntime.docc/MethodsCompared.md")
    let names =
      MethodRegistry.standard.names + BackboneRegistry.standard.names + PredictionType.names
      + NoiseProcess.Kind.names + SamplerSpecification.Kind.names
    for name in names { #expect(methods.contains("`\(name)`"), "\(name)") }
    let metrics = try Self.page("Sources/Evaluation/Evaluation.docc/Metrics.md")
    let claw = try EnvironmentRegistry.standard.make("claw") as? any KnownActionDistribution
    let own = try #require(claw).actionMetrics.map(\.definition.key)
    for key in Metric.standard(subtasks: 0).map(\.key) + own + ["tasks_at_least_k"] {
      #expect(metrics.contains("`\(key)`"), "\(key)")
    }
  }

  @Test func `Naming: the nearest name is told`() {
    enum Colour: String, NamedChoice {
      case red, green
      static let kindOfChoice = "colour"
    }
    let error = #expect(throws: UnknownName.self) { try Colour(named: "gren") }
    #expect(
      error?.description == "unknown colour 'gren' (did you mean 'green'?); known: red, green")
  }

  @Test func `Randomness: a stream is a function of what it is for`() {
    var stream = RandomStream(seed: 7, purpose: .trainingNoise, step: 300, index: 17)
    let epsilon = stream.normal()
    let noiseStep = 1 + stream.integer(below: 50)
    var again = RandomStream(seed: 7, purpose: .trainingNoise, step: 300, index: 17)
    #expect(again.normal() == epsilon && 1 + again.integer(below: 50) == noiseStep)
    var other = RandomStream(seed: 7, purpose: .trainingNoise, step: 300, index: 18)
    #expect(other.normal() != epsilon)
  }

  @Test func `Diffusion: a level in the middle of the cosine`() throws {
    let schedule = try NoiseSchedule(NoiseSchedule.Specification(kind: .cosine, steps: 50))
    let level = NoiseProcess(schedule).level(25)  // a and b after 25 of 50 steps
    #expect(abs(level.signalPower + level.noisePower - 1) < 1e-12)
    #expect(abs(level.signalPower - 0.494) < 1e-3)
  }

  @Test func `Neural: a program of one layer`() {
    let table = ParameterTable()
    let graph = Graph()
    let x = graph.input("x", shape: [4])
    let target = graph.input("target", shape: [1])
    let answer = Linear(table.root["output"], inputs: 4, outputs: 1)(x)
    let program = TrainingProgram(
      minimising: answer.squaredError(to: target), table: table, batch: 32)
    #expect(program.rows(of: x).count == 128)
  }

  @Test func `PolicyMetrics: a distance that is known`() throws {
    let distance = try Wasserstein.distance([0, 1, 2], [0, 1, 4])  // two thirds
    #expect(abs(distance - 2 / 3) < 1e-12)
  }

  @Test func `Environments and Drawing: a world is seen, and drawn`() throws {
    let world = try EnvironmentRegistry.standard.make("push")
    world.reset(seed: 1)
    let seen = try world.observations(["state"])
    #expect(seen["state"]?.numbers.count == 14)

    let canvas = try Canvas(width: 96, height: 96)
    canvas.draw(world.scene)
    let png = try canvas.png()
    #expect(png.starts(with: [0x89, 0x50, 0x4E, 0x47]))
  }

  @Test func `EnvironmentInterface: an episode`() throws {
    let environment = WalkEnvironment()
    func decide(_ seen: ObservationValue) -> [Float] { [seen.numbers[0] < 0 ? -0.1 : 0.1] }
    environment.reset(seed: 7)
    var total: Float = 0
    for _ in 0..<environment.description.episodeLimit {
      let seen = try environment.observation("state")
      let result = try environment.step(decide(seen))
      total += result.reward
      if result.isFinished { break }
    }
    #expect(abs(environment.x) == 1 && total > 3)
  }

  @Test func `Demonstrations: an episode is read`() throws {
    let store = try DemonstrationStore(reading: path)
    let episode = try store.episode(0)
    let steps = episode.actions.count
    #expect(steps == episode.observations["state"]?.count)
  }

  @Test func `PolicyTraining: a short training`() throws {
    try withTemporaryFolder { folder in
      let demonstrations = try DemonstrationStore(reading: path)
      let trainer = try Trainer(TrainingConfiguration(steps: 5), demonstrations: demonstrations)
      try trainer.run(output: folder) { print($0.step, $0.loss) }
      let files = try FileManager.default.contentsOfDirectory(atPath: folder)
      #expect(files.contains("model.safetensors"))
      let page = try Self.page("Sources/PolicyRuntime/PolicyRuntime.docc/CheckpointFolder.md")
      for file in files { #expect(page.contains("`\(file)`"), "\(file)") }
    }
  }

  @Test func `PolicyRuntime and Evaluation: a loop, and rollouts`() throws {
    struct Robot {
      func observe() -> ObservationFrame { ["state": .float32([Float](repeating: 0, count: 14))] }
      func execute(_ action: [Float]) { #expect(action.count == 2) }
    }
    let (folder, robot) = ("\(Self.fixtures)/mse", Robot())
    let policy = try Policy(contentsOf: folder)
    var loop = RecedingHorizon(policy, seed: 7)
    for step in 0..<300 {
      let action = try loop.action(seeing: robot.observe(), step: step)
      robot.execute(action)
    }

    let makeWorld: @Sendable () throws -> any Environment = { WalkEnvironment() }
    let makeAgent: @Sendable () throws -> any Agent = { WalkAgent() }
    let rollout = Rollout(episodes: 20, seed: 7_000_000, keeping: ["state"])
    let episodes = try rollout.run(environment: makeWorld, agent: makeAgent)
    let successes = episodes.count { $0.attributes.success == true }
    #expect(episodes.count == 20 && (1...20).contains(successes))
  }
}
