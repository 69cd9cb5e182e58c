import ArgumentParser
import Demonstrations
import Diffusion
import Drawing
import EnvironmentInterface
import Environments
import Evaluation
import Foundation
import Imitation
import Neural

/// `dpolicy rollout`: episodes that a policy plays.
struct RolloutCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rollout",
    abstract: "Let a policy act in an environment and count what it achieves.",
    discussion: """
      Episode i starts from seed + i and does not depend on the number of threads. With --output \
      every finished episode is on disk at once, and the same command continues where it stopped.

      Example: dpolicy rollout --policy runs/push --environment push --episodes 100 --seed 1000 \
      --picture first.png --animation first.webp

      Push-T's published score is the largest reward from 50 fixed starts: --environment push-t \
      --option public_starts=1 --seed 100000 --episodes 50
      """)

  @Option(help: ArgumentHelp("The checkpoint folder.", valueName: "folder"), completion: .directory)
  var policy: String

  @OptionGroup var choice: CheckpointArguments

  @OptionGroup var selection: EnvironmentSelection

  @Option(help: "How many episodes are played.")
  var episodes: Int = 100

  @Option(help: "The seed of the first episode.")
  var seed: UInt64 = 1_000_000

  @OptionGroup var sampling: SamplingArguments

  @OptionGroup var agent: AgentArguments

  @Option(
    help: "How many actions are executed before the next decision; as configured if not given.")
  var actionHorizon: Int?

  @Option(
    help: ArgumentHelp("Where to write the episodes, as demonstrations.", valueName: "file"),
    completion: .file())
  var output: String?

  @Option(help: ArgumentHelp("Where to draw the first episode, as PNG.", valueName: "file"))
  var picture: String?

  @Flag(
    help: "Leave out episodes in which another program's world ends or hangs, and name them.")
  var keepGoing = false

  @OptionGroup var playing: PlayingArguments

  func validate() throws {
    try checkCount(episodes, "--episodes", atMost: LargestCount.episodes)
  }

  func run() throws {
    // Before anything is played that could then not be kept.
    if let output { try Output.checkPlace(output) }
    if let picture { try Output.checkPicture(picture, of: "--picture", endingIn: ".png") }
    try playing.animation.checkPlace()
    Interruption.watch()
    let chosen = try selection.chosen()
    let environment = try chosen.make().description
    var checkpoint = try choice.load(policy)
    if let actionHorizon { checkpoint = try checkpoint.executing(actionHorizon) }
    let sampler = try sampling.applied(to: checkpoint.configuration.policy)
    var decided = checkpoint.configuration.policy
    if let sampler { decided.method = try decided.method.sampled(by: sampler) }
    decided.cautions.forEach { Output.note("caution: \($0)") }
    let estimators = try agent.loaded()
    try PolicyAgents(checkpoint, sampler: sampler, capacity: 1, estimators: estimators)
      .makeEstimating().checkFits(environment)
    let recorder = try output.map {
      try DemonstrationRecorder(
        path: $0, environment: environment, plan: plan(checkpoint, sampler: sampler, estimators))
    }
    let start = ContinuousClock.now
    var earlier: [Episode] = []
    var now: [Episode] = []
    var lost = 0
    do {
      earlier = try earlierEpisodes(recorder)
      now = try play(
        checkpoint, sampler: sampler, estimators, in: chosen, environment, after: earlier,
        into: recorder,
        countingLost: &lost)
    } catch {
      // What was played is safe in the journal even where merging it fails too.
      try? recorder?.close()
      throw error
    }
    let played = earlier + now
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    try recorder?.close()
    guard let first = played.first else {
      throw Interruption(description: "stopped before an episode had ended")
    }
    let rate = Double(now.reduce(0) { $0 + $1.count }) / seconds
    try RolloutReport(played, environment: environment, stepsPerSecond: rate)
      .show(asJSON: playing.json)
    if let picture { try draw(first, in: chosen, to: picture) }
    try playing.animation.write(
      played, title: "\(chosen.entry.name): \(policy)", in: chosen.make())
    if played.count + lost < episodes {
      throw Interruption(
        description: "stopped after \(played.count) of \(counted(episodes, "episode"))"
          + (output.map { "; \($0) holds them, and the same command continues" } ?? ""))
    }
    // What was asked for is done; that something played earlier is lost is told by the status.
    if let damage = recorder?.setAside.first { throw damage }
  }

  /// What decides every episode, so that only the same command continues a file.
  private func plan(
    _ checkpoint: Checkpoint, sampler: SamplerSpecification?, _ estimators: [Checkpoint]
  ) throws -> RecordingPlan {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    var settings = [
      "seed": "\(seed)", "weights": try checkpoint.digest,
      "sampler": String(decoding: try encoder.encode(sampler), as: UTF8.self),
    ]
    // Not mentioned where it is the policy's own, as in files of before.
    settings["action horizon"] = actionHorizon.map(String.init)
    if agent.precision != .single { settings["precision"] = agent.precision.rawValue }
    if !estimators.isEmpty {
      settings["estimators"] = try estimators.map { try $0.digest }.joined(separator: ",")
    }
    return RecordingPlan(command: "rollout", episodes: episodes, settings: settings)
  }

  /// The episodes that the file holds already, as far as they are asked for.
  private func earlierEpisodes(_ recorder: DemonstrationRecorder?) throws -> [Episode] {
    guard let recorder, recorder.count > 0 else { return [] }
    let store = try DemonstrationStore(reading: recorder.path)
    let count = min(store.count, episodes)
    Output.note("\(recorder.path) has \(counted(store.count, "episode")); the rollout continues")
    return try (0..<count).map { index in
      let episode = try store.episode(index)
      guard episode.attributes.seed == seed &+ UInt64(index) else {
        throw UsageError(
          "\(recorder.path): episode \(index) is missing in it; write into another file")
      }
      return episode
    }
  }

  private func play(
    _ checkpoint: Checkpoint, sampler: SamplerSpecification?, _ estimators: [Checkpoint],
    in chosen: ChosenEnvironment, _ environment: EnvironmentDescription, after earlier: [Episode],
    into recorder: DemonstrationRecorder?,
    countingLost lost: inout Int
  ) throws -> [Episode] {
    guard earlier.count < episodes else { return [] }
    let names = environment.observations.filter { $0.elementType == .float32 }.map(\.name)
    var rollout = Rollout(
      episodes: episodes - earlier.count, seed: seed &+ UInt64(earlier.count), keeping: names,
      keepsStates: output != nil || picture != nil || playing.animation.path != nil)
    if let threads = playing.threads { rollout.threads = threads }
    let progress = ProgressDisplay(
      "rollout", total: episodes, unit: "episodes", done: earlier.count)
    let blockSize = rollout.blockSize
    let agents = PolicyAgents(
      checkpoint, sampler: sampler, capacity: blockSize, precision: agent.precision,
      estimators: estimators)
    let played = try rollout.run(
      environment: { try chosen.make() }, agent: { try agents.makeEstimating() },
      deliver: { block in
        for var episode in block {
          episode.attributes.recordedBy = "dpolicy \(DPolicy.version) rollout \(policy)"
          try recorder?.append(episode)
        }
      },
      lost: { episode in
        guard keepGoing else { throw episode }
        Output.note("dpolicy: \(episode)")
        lost += 1
      },
      progress: { done in
        progress.update(earlier.count + done)
        return !Interruption.isRequested
      })
    progress.finish(earlier.count + played.count)
    return played
  }

  /// Draws an episode as a film strip.
  private func draw(_ episode: Episode, in chosen: ChosenEnvironment, to path: String) throws {
    let name = chosen.entry.name
    let seed = episode.attributes.seed.map { ", seed \($0)" } ?? ""
    let strip = try FilmStrip(
      title: "\(name)\(seed): \(counted(episode.count, "step")), in per cent of its length",
      rows: [.init(title: policy, of: episode)])
    try strip.canvas(in: chosen.make()).writePNG(to: path)
    Output.note("wrote \(path)")
  }
}
