import ArgumentParser
import Demonstrations
import Diffusion
import Drawing
import EnvironmentInterface
import Environments
import Evaluation
import Foundation
import Imitation

/// `dpolicy rollout`: episodes that a policy plays.
struct RolloutCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rollout",
    abstract: "Let a policy act in an environment and count what it achieves.",
    discussion: """
      Episode i starts from seed + i and does not depend on the number of threads.

      Example: dpolicy rollout --policy runs/push --environment push --episodes 100 --seed 1000 \
      --picture first.png --animation first.webp

      Push-T's published score is the largest reward from 50 fixed starts: --environment push-t \
      --option public_starts=1 --seed 100000 --episodes 50
      """)

  @Option(help: ArgumentHelp("The checkpoint folder.", valueName: "folder"))
  var policy: String

  @OptionGroup var choice: CheckpointArguments

  @OptionGroup var selection: EnvironmentSelection

  @Option(help: "How many episodes are played.")
  var episodes: Int = 100

  @Option(help: "The seed of the first episode.")
  var seed: UInt64 = 1_000_000

  @OptionGroup var sampling: SamplingArguments

  @Option(help: ArgumentHelp("Where to write the episodes, as demonstrations.", valueName: "file"))
  var output: String?

  @Option(help: ArgumentHelp("Where to draw the first episode, as PNG.", valueName: "file"))
  var picture: String?

  @OptionGroup var playing: PlayingArguments

  func validate() throws {
    guard episodes > 0 else { throw ValidationError("'--episodes' must be at least 1.") }
  }

  func run() throws {
    // Before anything is played that could then not be kept.
    for path in [output, picture].compactMap({ $0 }) { try Output.checkPlace(path) }
    try playing.animation.checkPlace()
    if let output, FileManager.default.fileExists(atPath: output) {
      throw UsageError("\(output): there is a file already; choose another name for the episodes")
    }
    Interruption.watch()
    let environment = try selection.makeEnvironment().description
    let checkpoint = try choice.load(policy)
    let sampler = try sampling.applied(to: checkpoint.configuration.policy)
    try Policy(checkpoint, sampler: sampler, capacity: 1).checkFits(environment)
    let start = ContinuousClock.now
    let played = try play(checkpoint, sampler: sampler, environment)
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    guard let first = played.first else {
      throw Interruption(description: "stopped before an episode had ended")
    }
    if let output { try write(played, to: output, environment) }
    if let picture { try draw(first, to: picture) }
    try playing.animation.write(
      played, title: "\(selection.environment): \(policy)", in: selection.makeEnvironment())
    try RolloutReport(played, environment: environment, seconds: seconds).show(asJSON: playing.json)
    if played.count < episodes {
      throw Interruption(description: "stopped after \(played.count) of \(episodes) episodes")
    }
  }

  private func play(
    _ checkpoint: Checkpoint, sampler: SamplerSpecification?, _ environment: EnvironmentDescription
  ) throws -> [Episode] {
    let names = environment.observations.filter { $0.elementType == .float32 }.map(\.name)
    var rollout = Rollout(
      episodes: episodes, seed: seed, keeping: names,
      keepsStates: output != nil || picture != nil || playing.animation.path != nil)
    if let threads = playing.threads { rollout.threads = threads }
    let progress = ProgressDisplay("rollout", total: episodes, unit: "episodes")
    let registry = EnvironmentRegistry.standard
    let (name, options) = (selection.environment, try selection.assignments())
    let blockSize = rollout.blockSize
    let agents = PolicyAgents(checkpoint, sampler: sampler, capacity: blockSize)
    let played = try rollout.run(
      environment: { try registry.make(name, options: options) }, agent: { try agents.make() }
    ) { done in
      progress.update(done)
      return !Interruption.isRequested
    }
    progress.finish(played.count)
    return played
  }

  /// Writes the episodes as demonstrations by this policy.
  private func write(
    _ played: [Episode], to path: String, _ environment: EnvironmentDescription
  ) throws {
    let recorder = try DemonstrationRecorder(path: path, environment: environment)
    for var episode in played {
      episode.attributes.recordedBy = "dpolicy \(DPolicy.version) rollout \(policy)"
      try recorder.append(episode)
    }
    try recorder.close()
  }

  /// Draws an episode as a film strip.
  private func draw(_ episode: Episode, to path: String) throws {
    let name = selection.environment
    let seed = episode.attributes.seed.map { ", seed \($0)" } ?? ""
    let strip = try FilmStrip(
      title: "\(name)\(seed): \(counted(episode.count, "step")), in per cent of its length",
      rows: [.init(title: policy, of: episode)])
    try strip.canvas(in: selection.makeEnvironment()).writePNG(to: path)
    Output.note("wrote \(path)")
  }
}
