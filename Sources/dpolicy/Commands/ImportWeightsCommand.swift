import ArgumentParser
import EnvironmentInterface
import Environments
import Imitation
import Neural

/// `dpolicy import-weights`: a policy that was trained elsewhere.
struct ImportWeightsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import-weights",
    abstract: "Make a checkpoint of Diffusion Policy's published U-Net.",
    usage: "dpolicy import-weights [<options>] --weights <file> --output <folder>",
    discussion: """
      The file holds the state dict of a DiffusionUnetLowdimPolicy as safetensors, with its \
      normaliser; sizes follow from the tensors. The reference of checkpoints has the three lines \
      of Python that write it.

      Example: dpolicy import-weights --weights model.safetensors --environment push-t \
      --observations keypoints=18,agent_pos=2 --output runs/published
      """)

  @Option(
    help: ArgumentHelp("The state dict.", valueName: "file.safetensors"),
    completion: .file(extensions: ["safetensors"]))
  var weights: String

  @Option(
    help: ArgumentHelp("Where the checkpoint is written.", valueName: "folder"),
    completion: .directory)
  var output: String

  @Option(
    help: ArgumentHelp(
      "What the published 'obs' consists of, in its order; one observation 'obs' if not given.",
      valueName: "name=values,…"))
  var observations: String?

  @Option(help: "The environment that it acts in, to note in the checkpoint.")
  var environment: String?

  @Option(help: "The actions of a chunk: horizon.")
  var predictionHorizon = 16

  @Option(help: "The actions that are executed: n_action_steps.")
  var actionHorizon = 8

  @Option(
    help: """
      The actions at a chunk's beginning that lie before the decision; if not given one less than \
      the observed steps, as with oa_step_convention.
      """)
  var pastActions: Int?

  @Option(help: "The noise steps of the schedule squaredcos_cap_v2: num_train_timesteps.")
  var noiseSteps = 100

  @Option(help: "The groups of the normalisations: n_groups.")
  var groups = 8

  @Flag(help: "Print one JSON document.")
  var json = false

  private struct Report: Encodable {
    let path: String
    let weights: Int
    let observations: [String]
    let observationHorizon, predictionHorizon, pastActions, actionHorizon, noiseSteps: Int
  }

  func run() throws {
    var options = PublishedUNet.Options()
    options.observations = try parts()
    (options.prediction, options.action) = (predictionHorizon, actionHorizon)
    (options.past, options.noiseSteps, options.groups) = (pastActions, noiseSteps, groups)
    var published = PublishedUNet(
      try Safetensors(contentsOf: weights), path: weights, options: options)
    published.environment = try environment.map {
      try EnvironmentRegistry.standard.make($0).description
    }
    let checkpoint = try published.checkpoint()
    // Compiled once, so that what is written can decide.
    let policy = try Policy(checkpoint, capacity: 1)
    try published.environment.map { try policy.checkFits($0) }
    try checkpoint.write(to: output)
    try show(checkpoint)
  }

  private func show(_ checkpoint: Checkpoint) throws {
    let horizons = checkpoint.shape.horizons
    let report = Report(
      path: output, weights: try checkpoint.model().table.trainedCount,
      observations: checkpoint.normalizer.observationNames,
      observationHorizon: horizons.observation, predictionHorizon: horizons.prediction,
      pastActions: horizons.past ?? 0, actionHorizon: horizons.action, noiseSteps: noiseSteps)
    if json { return try Output.json(report) }
    try Output.result(
      "\(output): \(report.weights) parameters, sees \(counted(horizons.observation, "observation"))"
        + " of \(report.observations.joined(separator: ", ")), predicts"
        + " \(counted(horizons.prediction, "action")), the first \(report.pastActions) of them past,"
        + " executes \(horizons.action), \(noiseSteps) noise steps")
  }

  /// What is given as `name=values`.
  private func parts() throws -> [(name: String, width: Int)] {
    try (observations ?? "").split(separator: ",").map { part in
      let words = part.split(separator: "=", omittingEmptySubsequences: false)
      guard words.count == 2, !words[0].isEmpty, let width = Int(words[1]), width > 0 else {
        throw UsageError(
          "'--observations \(observations ?? "")' must be name=values, such as"
            + " keypoints=18,agent_pos=2")
      }
      return (String(words[0]), width)
    }
  }
}
