import Demonstrations
import Environments
import Foundation
import Imitation

/// Trains a diffusion policy on demonstrations of push and drives the pusher with it.
///
/// Usage: drive DEMONSTRATIONS FOLDER [STEPS] [EPISODES]
@main
struct Drive {
  static func main() throws {
    let arguments = CommandLine.arguments
    guard arguments.count >= 3 else {
      print("usage: drive DEMONSTRATIONS FOLDER [STEPS] [EPISODES]")
      exit(64)
    }
    let steps = arguments.count > 3 ? Int(arguments[3]) ?? 8000 : 8000
    let episodes = arguments.count > 4 ? Int(arguments[4]) ?? 10 : 10
    let folder = arguments[2]

    try train(on: arguments[1], steps: steps, into: folder)
    let policy = try Policy(contentsOf: folder)
    var successes = 0
    for seed in 0..<episodes where try drive(policy, seed: 1000 + UInt64(seed)) { successes += 1 }
    print("\(successes) of \(episodes) episode\(episodes == 1 ? "" : "s") succeeded")
  }

  /// A training that was stopped goes on where it stood.
  static func train(on path: String, steps: Int, into folder: String) throws {
    var configuration = TrainingConfiguration(steps: steps, batch: 256)
    configuration.policy.method = DenoisingDiffusion()
    configuration.policy.backbone = Sieve(hiddenWidth: 256)
    configuration.policy.horizons = try Horizons(observation: 1, prediction: 8, action: 6)
    let trainer = try Trainer(configuration, demonstrations: DemonstrationStore(reading: path))
    let resumes = FileManager.default.fileExists(atPath: "\(folder)/config.json")
    try trainer.run(output: folder, resume: resumes) { line in
      print("step \(line.step) of \(steps): loss \(line.loss)")
    }
  }

  /// Plays one episode; whether both blocks came to rest in the zones.
  static func drive(_ policy: Policy, seed: UInt64) throws -> Bool {
    let world = try EnvironmentRegistry.standard.make("push")
    world.reset(seed: seed)
    var loop = RecedingHorizon(policy, seed: seed)
    for step in 0..<world.description.episodeLimit {
      let seen = try world.observations(policy.observationNames)
      let result = try world.step(loop.action(seeing: seen, step: step))
      if result.isFinished { return result.isSuccess }
    }
    return false
  }
}
