import ArgumentParser
import Diffusion
import Imitation
import Naming

/// The flags of a training that say what is learnt.
struct MethodArguments: ParsableArguments {
  @Option(
    help: "The method: \(MethodRegistry.standard.names.joined(separator: ", ")).",
    completion: .list(MethodRegistry.standard.names))
  var method: String?

  @Option(help: "Noise steps of a diffusion policy.")
  var noiseSteps: Int?

  @Option(
    help: "The forward process: \(NoiseProcess.Kind.names.joined(separator: ", ")).",
    completion: .list(NoiseProcess.Kind.names))
  var process: String?

  @Option(
    help: ArgumentHelp(
      "The noise schedule of the process vp: \(NoiseSchedule.Kind.names.joined(separator: ", ")).",
      visibility: .hidden), completion: .list(NoiseSchedule.Kind.names))
  var schedule: String?

  @Option(
    help: "What the network predicts: \(PredictionType.names.joined(separator: ", ")).",
    completion: .list(PredictionType.names))
  var prediction: String?

  @Option(
    help: ArgumentHelp(
      "How noise steps are drawn: \(NoiseStepDrawing.Kind.names.joined(separator: ", ")).",
      visibility: .hidden), completion: .list(NoiseStepDrawing.Kind.names))
  var drawing: String?

  @Flag(
    help: ArgumentHelp(
      "Let a diffusion policy predict the variances of its steps too (hybrid loss).",
      visibility: .hidden))
  var learnVariance = false

  @Option(
    help: ArgumentHelp(
      "The share of windows in which a diffusion policy sees nothing, for guidance.",
      visibility: .hidden))
  var observationDropout: Double?

  @Option(help: ArgumentHelp("The number of clusters of a k-means policy.", visibility: .hidden))
  var clusters: Int?

  @Option(
    help: ArgumentHelp(
      "The number of bins of each action dimension of a discretised policy.", visibility: .hidden))
  var bins: Int?

  @Option(help: "How many of the latest observations are seen: To.")
  var observationHorizon: Int?

  @Option(help: "How many actions are predicted, the chunk: Tp.")
  var predictionHorizon: Int?

  @Option(help: "How many of them are executed before the next decision: Ta.")
  var actionHorizon: Int?
}
