import ArgumentParser
import Demonstrations
import Drawing
import EnvironmentInterface
import Environments
import Evaluation
import Imitation

/// `dpolicy evaluate`: a policy judged by recordings, without acting in an environment.
struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Judge a policy by held-out recordings: losses, likelihoods, action errors.",
    discussion: """
      All policies have errors of their actions. Denoisers have a loss at every noise step and a \
      bound on the likelihood, cvae and latent-diffusion a bound; gaussian, discretised and \
      flow-policy the exact likelihood; kmeans, kmeans-residual, vq and ebm none. Likelihoods are \
      −ln p in nats a value: lower is better. Windows whose chunk runs past the end of the episode \
      are left out.

      Example: dpolicy evaluate --policy runs/push --demos push.hdf5 --mask valid
      """)

  @Option(help: ArgumentHelp("The checkpoint folder.", valueName: "folder"), completion: .directory)
  var policy: String

  @Option(
    help: ArgumentHelp("The recordings.", valueName: "file"),
    completion: .demonstrations)
  var demos: String

  @Option(help: "Use only the episodes in this mask, such as 'valid'.")
  var mask: String?

  @Flag(help: "Use the episodes that 'train --validation' held out.")
  var heldOut = false

  @Option(help: "The largest number of windows.")
  var windows = 2048

  @Option(help: "How many chunks are drawn for each.")
  var draws = 16

  @Option(help: "The seed of noise and draws.")
  var seed: UInt64 = 0

  @Option(help: ArgumentHelp("Draw losses and terms by noise step.", valueName: "file.png"))
  var picture: String?

  @OptionGroup var links: LinkArguments

  @OptionGroup var sampling: SamplingArguments

  @OptionGroup var choice: CheckpointArguments

  @Option(help: "Threads; results do not depend on it. All processors if not given.")
  var threads: Int?

  @Flag(help: "Print one JSON document.")
  var json = false

  func validate() throws {
    try checkCount(windows, "--windows", atMost: LargestCount.windows)
    try checkCount(draws, "--draws", atMost: LargestCount.draws)
    try checkCount(threads, "--threads", atMost: LargestCount.threads)
    if heldOut, mask != nil {
      throw ValidationError("'--held-out' and '--mask' both say which episodes; give one.")
    }
  }

  func run() throws {
    if let picture { try Output.checkPicture(picture, of: "--picture", endingIn: ".png") }
    let checkpoint = try choice.load(policy)
    let sampler = try sampling.applied(to: checkpoint.configuration.policy)
    let store = try links.open(demos)
    var evaluation = HeldOutEvaluation(windows: windows, draws: draws, seed: seed)
    if let threads { evaluation.threads = threads }
    let report = try evaluation.run(
      checkpoint, sampler: sampler, on: store,
      episodes: episodes(of: store, checkpoint),
      environment: environment(of: store))
    if let picture {
      guard report.noiseSteps != nil else {
        throw UsageError(
          "a policy of method '\(report.method)' has no noise steps to draw; leave out --picture")
      }
      try report.picture(title: policy).canvas().writePNG(to: picture)
      Output.note("wrote \(picture)")
    }
    if json { return try Output.json(report) }
    try Output.result(report.text(policy: policy, demonstrations: demos))
  }

  /// Which episodes; nil for all.
  private func episodes(of store: DemonstrationStore, _ checkpoint: Checkpoint) throws -> [Int]? {
    if let mask { return try store.episodes(inMask: mask) }
    guard heldOut else { return nil }
    guard let episodes = try checkpoint.configuration.heldOutEpisodes(of: store) else {
      throw UsageError("\(policy) was trained without --validation, so it held out no episodes")
    }
    // Of other episodes the same share would be others, which it may have learnt from.
    if case .fraction? = checkpoint.configuration.validation,
      try !checkpoint.configuration.divides(store, as: checkpoint.provenance)
    {
      throw UsageError(
        "\(demos): a share of it was held out, and it is not what it was: the training learnt from "
          + "\(counted(checkpoint.provenance.episodes, "episode")) with "
          + "\(counted(checkpoint.provenance.steps, "step")); give the file as it was then, or name "
          + "episodes with --mask")
    }
    return episodes
  }

  /// The environment that was recorded, if it is one that there is.
  private func environment(of store: DemonstrationStore) -> (any Environment)? {
    store.environment.flatMap {
      try? EnvironmentRegistry.standard.make($0.name, options: $0.options)
    }
  }
}
