import Demonstrations
import Environments
import Evaluation
import Foundation
import Imitation

/// Trains the package's own method and network, acts with them, and puts them in a table.
///
/// Usage: consumer DEMONSTRATIONS-OF-PUSH FOLDER
@main
struct Consumer {
  static let parts = PolicyParts(
    methods: MethodRegistry.standard.adding(TrimmedRegression()),
    backbones: BackboneRegistry.standard.adding(Skip()))

  static func main() throws {
    let (path, folder) = (CommandLine.arguments[1], CommandLine.arguments[2])
    let store = try DemonstrationStore(reading: path)
    let policy = PolicyConfiguration(
      method: TrimmedRegression(factor: 0.9), backbone: Skip(width: 16),
      horizons: try Horizons(observation: 1, prediction: 4, action: 2))
    let training = TrainingConfiguration(policy: policy, steps: 30, batch: 32)
    try Trainer(training, demonstrations: store).run(output: "\(folder)/run")

    let trained = try Policy(
      contentsOf: "\(folder)/run", methods: parts.methods, backbones: parts.backbones)
    let world = try EnvironmentRegistry.standard.make("push")
    world.reset(seed: 1)
    let watched = Watched()
    var loop = RecedingHorizon(trained, seed: 1)
    for step in 0..<10 {
      let seen = try world.observations(trained.observationNames)
      watched.action = try loop.action(seeing: seen, step: step)
      _ = try world.step(watched.action)
    }
    let task = try BenchmarkTask(environment: "push", of: .standard, demonstrations: path)
    var configuration = BenchmarkConfiguration(
      environments: [.init(environment: "push", demonstrations: path)])
    configuration.methods = ["mse", TrimmedRegression.name, "diffusion"]
    configuration.backbones = [Skip.name]
    (configuration.seeds, configuration.episodes) = (1, 2)
    let trainer = PolicyTrainer(["push": training], checkpoints: "\(folder)/runs", parts: parts)
    let results = try Benchmark(
      configuration, tasks: [task], packageVersion: PackageVersion.current
    ).run(trainer: trainer, output: "\(folder)/results") { _ in }
    print(results.text())
    guard watched.action.allSatisfy(\.isFinite), results.rows.count == 4 else {
      throw ImitationError.unusableAnswer(seed: 1, step: 10, reason: "not what was expected")
    }
  }
}
